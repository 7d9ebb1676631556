//! The way through the gate of a site: its pace, its turn at a shared server, the request, and what its answer teaches.

use std::time::Duration;

use jiff::Timestamp;
use tokio::{
    sync::MutexGuard,
    time::{Instant, sleep_until},
};

use super::{NoAnswer, SiteGate};
use crate::{
    fetch::{Dial, FetchError, Now, Pace, Phase, Request, Response, SiteState, Turn},
    ledger::Ledger,
    site::Site,
    worker::newsroom::{Broken, Newsroom},
};

/// A visit waits at a gate this long, or two gaps where the pace is slower; a site that asks for more is visited
/// another time.
// The visit holds its permit meanwhile, which other sites wait for.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
const PATIENT_GAPS: u32 = 2;
/// A visit waits so long for its turn at an address that many sites share; then it makes room for another site, and
/// comes back after the second time.
// One server that hangs holds up no others.
const SHARED_PATIENCE: Duration = Duration::from_secs(5);
const SHARED_PAUSE: Duration = Duration::from_secs(30);

/// The pace of a site, read from the ledger the first time: a new owner waits one gap before its first request.
pub(super) async fn load_pace<'a, L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
    gate: &'a mut MutexGuard<'_, SiteGate>,
) -> Result<&'a mut Pace, Broken> {
    if let Some(pace) = &mut gate.pace {
        // A reloaded list may say another one.
        pace.configure(room.pace_of(site));
    } else {
        let state = match room.ledger.find_tenure(site) {
            Some(_) => room
                .ask_ledger(|| room.ledger.read_site(site))
                .await?
                .unwrap_or_default(),
            None => SiteState::default(),
        };
        gate.pace = Some(Pace::new(
            site,
            room.pace_of(site),
            state.pace.clone(),
            Now::read(),
        ));
        gate.lines = state.lines.clone();
        gate.state = state;
        let delay = gate.state.crawl_delay();
        if let (Some(delay), Some(pace)) = (delay, &mut gate.pace) {
            pace.at_least(delay);
        }
    }
    Ok(gate.pace.as_mut().expect("set above when it was missing"))
}

/// Waits for the site's turn, asks, and learns from the answer.
pub(super) async fn pass_gate<L: Ledger>(
    room: &Newsroom<L>,
    site: &Site,
    gate: &mut MutexGuard<'_, SiteGate>,
    request: Request<'_>,
) -> Result<Response, NoAnswer> {
    load_pace(room, site, gate).await?;
    let request = Request {
        dial: Dial {
            http1: gate.state.is_http1(Timestamp::now()),
            unverified: room.rules_of(site).is_unverified(),
        },
        ..request
    };
    let pace = load_pace(room, site, gate).await?;
    let free_at = pace.free_at().unwrap_or_else(Instant::now);
    if free_at > Instant::now() + patience_for(pace.gap()) {
        return Err(Broken::Held(free_at).into());
    }
    wait_until(room, free_at).await?;
    let turn = room.fetcher.turn(request, SHARED_PATIENCE);
    let turn = room.stop.unless_stopped(turn).await;
    let turn = turn.ok_or(Broken::Stopped)?;
    if is_no_turn(&turn) {
        return Err(Broken::Held(Instant::now() + SHARED_PAUSE).into());
    }
    while !pace.start(Now::read()) {
        let again = pace.free_at().unwrap_or_else(Instant::now);
        wait_until(room, again).await?;
    }
    let answer = match turn {
        Ok(turn) => room.stop.unless_stopped(turn.take()).await,
        Err(refused) => Some(Err(refused)),
    };
    gate.learn_from(answer.as_ref(), site);
    Ok(answer.ok_or(Broken::Stopped)??)
}

/// Waits until an instant, unless stop is said.
async fn wait_until<L>(room: &Newsroom<L>, at: Instant) -> Result<(), Broken> {
    let waited = room.stop.unless_stopped(sleep_until(at)).await;
    waited.ok_or(Broken::Stopped)
}

/// Whether other requests to the server of a site left none of its places in time.
fn is_no_turn(turn: &Result<Turn<'_>, FetchError>) -> bool {
    let phase = |error: &FetchError| match error {
        FetchError::Timeout { phase, .. } => Some(*phase),
        _ => None,
    };
    turn.as_ref().err().and_then(phase) == Some(Phase::Turn)
}

/// How long a visit waits at a gate: a redirect at a slow pace is still followed.
fn patience_for(gap: Duration) -> Duration {
    PATIENCE.max(gap * PATIENT_GAPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_waits_out_the_slowest_pace_that_can_be_set_between_two_hops() {
        for minutes in [0, 1, 5, 60] {
            let gap = Duration::from_secs(minutes * 60);
            assert!(patience_for(gap) > gap && patience_for(gap) >= PATIENCE);
        }
    }
}
