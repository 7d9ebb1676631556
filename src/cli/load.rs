//! What a start reads before anything runs: configuration, feed list, and what they name; all faults listed together.

use std::{path::Path, sync::Arc};

use super::{CommandFailure, events, with_causes};
#[cfg(feature = "kafka")]
use crate::config::{LedgerKind, find_line};
use crate::{
    article::Rules,
    config::{Config, ConfigFault, Refused},
    event::{Coder, LexiconSource, Publish},
    feed::list::FeedList,
    fetch::Fetcher,
    worker::NewsroomParts,
};

/// Reads configuration and feed list; the faults of both are listed together.
pub(super) fn load_configuration(path: &Path) -> Result<(Config, FeedList), Refused> {
    let (config, list, faults) = read_both(path)?;
    match list {
        Some(list) if faults.is_empty() => Ok((config, list)),
        _ => Err(Refused(faults)),
    }
}

/// Both with their faults; a key with a fault has its default.
fn read_both(path: &Path) -> Result<(Config, Option<FeedList>, Vec<ConfigFault>), Refused> {
    let (config, mut faults) = Config::load_with_faults(path)?;
    let list = match FeedList::load(&config.feeds) {
        Ok(list) => Some(list),
        Err(refused) => {
            faults.extend(refused.0);
            None
        }
    };
    Ok((config, list, faults))
}

/// Looks for what reading alone does not show, as the place of the ledger.
type FindFault = fn(&Path, &Config) -> Option<ConfigFault>;

/// The same with what the configuration names: lexicon, actors, boilerplate, certificates, settings of Kafka; all faults
/// together.
pub(super) fn load_with_parts(
    path: &Path,
) -> Result<(Config, FeedList, NewsroomParts), CommandFailure> {
    load_and_look(path, |_, _| None)
}

/// The same, with a fault that is looked for once the configuration is read listed among the others.
pub(super) fn load_and_look(
    path: &Path,
    find_fault: FindFault,
) -> Result<(Config, FeedList, NewsroomParts), CommandFailure> {
    let (config, list, mut faults) = read_both(path)?;
    faults.extend(kafka_faults(path, &config));
    faults.extend(find_fault(path, &config));
    // As a person goes through the files: the one that names the others first, each from its top.
    faults.sort_by(|one, next| {
        (one.file != path, &one.file, one.line).cmp(&(next.file != path, &next.file, next.line))
    });
    let parts = build_parts(&config);
    match (list, parts) {
        (Some(list), Ok(parts)) if faults.is_empty() => Ok((config, list, parts)),
        (_, parts) => {
            let mut texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
            texts.extend(parts.err().map(|failure| failure.to_string()));
            Err(CommandFailure::Usage(texts.join("\n")))
        }
    }
}

/// What a start would refuse of the settings of Kafka, where the ledger is there.
#[cfg(feature = "kafka")]
fn kafka_faults(path: &Path, config: &Config) -> Vec<ConfigFault> {
    if config.ledger.kind != LedgerKind::Kafka {
        return Vec::new();
    }
    // It was read a moment ago; without it the line is the first.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let fault = |(key, problem): (Option<String>, String)| {
        let keys = ["kafka", "client", key.as_deref().unwrap_or_default()];
        ConfigFault {
            file: path.to_owned(),
            line: find_line(&text, &keys),
            key: key.map_or_else(|| "kafka".to_owned(), |key| format!("kafka.client.{key}")),
            problem,
            accepted: String::new(),
        }
    };
    let faults = crate::kafka::list_config_faults(&config.kafka);
    faults.into_iter().map(fault).collect()
}

#[cfg(not(feature = "kafka"))]
fn kafka_faults(_: &Path, _: &Config) -> Vec<ConfigFault> {
    Vec::new()
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
