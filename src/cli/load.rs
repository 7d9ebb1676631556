//! What a start reads before anything runs: configuration, feed list, and what they name; all faults listed together.

use std::{path::Path, sync::Arc};

use super::{CommandFailure, events, with_causes};
use crate::{
    article::Rules,
    config::{Config, Refused},
    event::{Coder, LexiconSource, Publish},
    feed::list::FeedList,
    fetch::Fetcher,
    worker::NewsroomParts,
};

/// Reads configuration and feed list; the faults of both are listed together.
pub(super) fn load_configuration(path: &Path) -> Result<(Config, FeedList), Refused> {
    let (config, mut faults) = match Config::load(path) {
        Ok(config) => (Some(config), Vec::new()),
        Err(refused) => (None, refused.0),
    };
    let feeds = config.as_ref().map_or_else(
        || path.with_file_name("feeds.toml"),
        |config| config.feeds.clone(),
    );
    let list = match FeedList::load(&feeds) {
        Ok(list) => Some(list),
        Err(refused) if config.is_some() || feeds.exists() => {
            faults.extend(refused.0);
            None
        }
        Err(_) => None,
    };
    match (config, list) {
        (Some(config), Some(list)) if faults.is_empty() => Ok((config, list)),
        _ => Err(Refused(faults)),
    }
}

/// The same with what the configuration names: lexicon, actors, boilerplate, certificates; all faults together.
pub(super) fn load_with_parts(
    path: &Path,
) -> Result<(Config, FeedList, NewsroomParts), CommandFailure> {
    let loaded = load_configuration(path);
    let named = match &loaded {
        Ok((config, _)) => build_parts(config),
        Err(_) => Config::load(path).map_or_else(
            |_| Err(CommandFailure::Usage(String::new())),
            |config| build_parts(&config),
        ),
    };
    match (loaded, named) {
        (Ok((config, list)), Ok(parts)) => Ok((config, list, parts)),
        (Ok(_), Err(failure)) => Err(failure),
        (Err(refused), Err(CommandFailure::Usage(faults))) if !faults.is_empty() => {
            Err(CommandFailure::Usage(format!("{refused}\n{faults}")))
        }
        (Err(refused), _) => Err(refused.into()),
    }
}

/// What a worker reads, codes and fetches with, from its configuration; all faults together.
pub(super) fn build_parts(config: &Config) -> Result<NewsroomParts, CommandFailure> {
    let mut faults = Vec::new();
    let fetcher = note_fault(Fetcher::new(config.fetch_policy()), &mut faults);
    let rules = note_fault(Rules::with_files(&config.article.boilerplate), &mut faults);
    let coder = build_coder(config, &mut faults);
    let (Some(fetcher), Some(rules), Some(coder)) = (fetcher, rules, coder) else {
        return Err(CommandFailure::Usage(faults.join("\n")));
    };
    Ok(NewsroomParts {
        fetcher,
        rules: Arc::new(rules),
        coder,
        publish: Publish {
            min_confidence: config.coder.min_confidence,
            modalities: config.coder.publish.clone(),
        },
    })
}

fn build_coder(config: &Config, faults: &mut Vec<String>) -> Option<Coder> {
    let lexicon = match &config.coder.lexicon {
        Some(folder) => LexiconSource::with_folder(folder)
            .map_err(|error| faults.push(format!("{}: {error}", folder.display())))
            .ok(),
        None => Some(LexiconSource::embedded()),
    };
    let actors = events::actor_files(&config.coder.actors)
        .map_err(|failure| faults.push(failure.to_string()))
        .ok();
    // Each is looked at even where the other cannot be read.
    let both = lexicon.is_some() && actors.is_some();
    let coder = note_fault(
        Coder::new(
            &lexicon.unwrap_or_else(LexiconSource::embedded),
            &actors.unwrap_or_default(),
        ),
        faults,
    );
    coder.filter(|_| both)
}

/// What came of reading a part, or its fault among the others.
fn note_fault<T, E: std::error::Error>(read: Result<T, E>, faults: &mut Vec<String>) -> Option<T> {
    read.map_err(|error| faults.push(with_causes(&error))).ok()
}
