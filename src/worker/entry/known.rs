//! What is known of the addresses an article in work answers to: settled already, another story's, or a hop on the way.

use url::Url;

use super::work::EntryWork;
use crate::{
    article::{Extracted, identity::ArticleUrl, simhash::far_apart},
    id::ArticleId,
    ledger::{Ledger, Seen, Settled, SettledAs},
    worker::newsroom::{Broken, Newsroom},
};

/// The id under which the article is known without parameters that only track, where it is settled.
pub(super) async fn find_settled_alias<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
) -> Result<Option<ArticleId>, Broken> {
    let Some(id) = job.url.alias(&room.tracking_of(&job.site)) else {
        return Ok(None);
    };
    job.tracked = Some(id);
    Ok(is_known(room, job, id).await?.then_some(id))
}

/// Goes on under the address that gave the page; its id where that is claimed elsewhere or settled already.
pub(super) async fn take_last_address<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    url: &Url,
) -> Result<Option<ArticleId>, Broken> {
    let Ok(address) = ArticleUrl::of(url.clone()) else {
        return Ok(None);
    };
    let id = address.id();
    let known = is_known(room, job, id).await?;
    // Also where the article is known: its hops are settled with it.
    job.hops = find_hops(room, job, id).await?;
    if known {
        return Ok(Some(id));
    }
    job.answers_to(address);
    Ok(None)
}

/// Goes on under the address that the page names as its own, unless that is another story's; its id where that is
/// claimed elsewhere or settled already.
pub(super) async fn take_canonical<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    extracted: &Extracted,
) -> Result<Option<ArticleId>, Broken> {
    let named = extracted.canonical.as_ref();
    let Some(canonical) = named.and_then(|url| job.url.agreed(url.as_str())) else {
        return Ok(None);
    };
    let id = canonical.id();
    if is_anothers(room, job, id, extracted).await? {
        return Ok(None);
    }
    if is_known(room, job, id).await? {
        return Ok(Some(id));
    }
    job.answers_to(canonical);
    Ok(None)
}

/// Whether an address of the site is claimed elsewhere, or settled; an article that is read again is not.
async fn is_known<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
    id: ArticleId,
) -> Result<bool, Broken> {
    if job.holds_claim(id) {
        return Ok(false);
    }
    let Some(claim) = room.ledger.claims().claim_id(id) else {
        return Ok(true);
    };
    job.claims.push(claim);
    let Some(before) = find_settled(room, job, id).await? else {
        return Ok(false);
    };
    if job.turn.waiting.why.reads_again() {
        job.before = Some(before);
        return Ok(false);
    }
    // What could not be read under one address may be readable under another.
    Ok(before.outcome != SettledAs::SetAside)
}

/// The addresses of the site that were asked on the way to one; not those under which an article is published.
async fn find_hops<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    to: ArticleId,
) -> Result<Vec<ArticleUrl>, Broken> {
    let mut hops: Vec<ArticleUrl> = Vec::new();
    let way = job
        .visited
        .iter()
        .filter_map(|url| ArticleUrl::parse(url).ok());
    for hop in way.filter(|hop| hop.site() == job.site) {
        let id = hop.id();
        if id == to || id == job.turn.id || hops.iter().any(|known| known.id() == id) {
            continue;
        }
        let settled = find_settled(room, job, id).await?;
        if !settled.is_some_and(|settled| settled.is_published()) {
            hops.push(hop);
        }
    }
    Ok(hops)
}

/// Whether an address that a page names as its own is known for another story: some sites name one address on every
/// page.
async fn is_anothers<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    id: ArticleId,
    extracted: &Extracted,
) -> Result<bool, Broken> {
    if job.holds_claim(id) || job.before.as_ref().and_then(|before| before.same_as) == Some(id) {
        return Ok(false);
    }
    let settled = find_settled(room, job, id).await?;
    let simhash = settled
        .filter(Settled::is_published)
        .and_then(|settled| settled.simhash);
    Ok(simhash.is_some_and(|simhash| far_apart(&simhash, &extracted.simhash)))
}

/// How an address of the site was settled last.
pub(super) async fn find_settled<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    id: ArticleId,
) -> Result<Option<Settled>, Broken> {
    let reading = || room.ledger.read_seen(&job.site, id);
    let seen = room.ask_ledger(reading).await?;
    Ok(seen.and_then(Seen::into_settled))
}
