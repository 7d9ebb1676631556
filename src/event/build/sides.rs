//! The sides of an act that the grammar found, with the countries that the sentence and the story suggest.

use super::Whole;
use crate::event::{
    act::Act,
    actor::{Party, Sort},
    frame::Shape,
    read::Read,
    role::Role,
};

impl<'l> Whole<'_, 'l> {
    /// Both sides with the countries that can be inferred.
    pub(crate) fn sides(
        &self,
        read: &Read<'_, 'l>,
        act: &Act<'l>,
        spot: Option<usize>,
    ) -> (Vec<Party<'l>>, Vec<Party<'l>>) {
        let take = |role: &Role| {
            role.parties
                .iter()
                .map(|&at| read.parties[at].clone())
                .collect::<Vec<_>>()
        };
        let (mut actors, mut recipients) = (take(&act.actors), take(&act.recipients));
        let place = spot.map_or("", |at| read.parties[at].country);
        let here = actors.iter().map(|p| p.country).find(|c| !c.is_empty());
        let open = |party: &&mut Party<'_>| party.open(self.told.alone);
        for party in actors.iter_mut().filter(open) {
            let place = if party.sort == Sort::Role { place } else { "" };
            infer(party, &[(place, "place"), (self.told.most, "article")]);
        }
        for party in recipients.iter_mut().filter(open) {
            infer(
                party,
                &[
                    (here.unwrap_or(""), "article"),
                    (place, "place"),
                    (self.told.most, "article"),
                ],
            );
        }
        if act.frame.shape == Shape::Together {
            actors.append(&mut recipients);
        }
        (actors, recipients)
    }
}

fn infer<'l>(party: &mut Party<'l>, from: &[(&'l str, &'static str)]) {
    if let Some(&(country, source)) = from.iter().find(|(country, _)| !country.is_empty()) {
        party.country = country;
        party.country_from = source;
    }
}
