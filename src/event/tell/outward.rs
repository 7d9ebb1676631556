//! Whom a request is made to that names its own side too: `our country and theirs should talk` asks them.

use super::Teller;
use crate::event::{actor::Party, learned::resolver::code_of};

impl<'l> Teller<'_, 'l> {
    /// The others of a series whose found members are all of the side that asks.
    pub(super) fn turn_outward(
        &self,
        kind: &str,
        actors: &[(usize, Party<'l>)],
        recipients: Vec<(usize, Party<'l>)>,
    ) -> Vec<(usize, Party<'l>)> {
        let code = |party: &Party<'l>| code_of(party.country, party.group);
        let is_own = |party: &Party<'l>| {
            let mut asking = actors.iter().map(|(_, actor)| code(actor));
            party.coded() && asking.any(|asking| asking == code(party))
        };
        if kind != "REQUEST" || !recipients.iter().all(|(_, party)| is_own(party)) {
            return recipients;
        }
        let mut others = Vec::new();
        let worded = |(_, party): &&(usize, Party<'_>)| party.start < party.end;
        for (sentence, party) in recipients.iter().filter(worded) {
            for at in self.scenes[*sentence].series(party.end - 1) {
                let named = self.reads[*sentence].parties.iter();
                let fits =
                    |other: &&Party<'l>| other.meets(at, at + 1) && other.coded() && !is_own(other);
                others.extend(named.filter(fits).map(|other| (*sentence, other.clone())));
            }
        }
        if others.is_empty() {
            recipients
        } else {
            others
        }
    }
}
