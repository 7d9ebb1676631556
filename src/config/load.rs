//! From a file, or a text, to a `Config` or its faults.

use std::path::Path;

use super::{
    Config, ConfigDocument, ConfigFault, DEFAULT, Refused, build_schema, read, unreadable_file,
};

impl Config {
    /// Reads a file; paths in it are beside it unless absolute.
    pub fn load(path: &Path) -> Result<Self, Refused> {
        let (config, faults) = Self::load_with_faults(path)?;
        refuse_faults(config, faults)
    }

    /// The same where faults are told together with those of the files that it names: a key with a fault has its default.
    pub(crate) fn load_with_faults(path: &Path) -> Result<(Self, Vec<ConfigFault>), Refused> {
        let text = std::fs::read_to_string(path).map_err(|error| unreadable_file(path, &error))?;
        Ok(Self::parse_with_faults(path, &text))
    }

    fn parse_with_faults(path: &Path, text: &str) -> (Self, Vec<ConfigFault>) {
        ConfigDocument::new(path, text.to_owned())
            .with_environment()
            .read_with(read::read_config)
    }

    /// Reads a text as if it stood in the file `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Refused> {
        let (config, faults) = Self::parse_with_faults(path, text);
        refuse_faults(config, faults)
    }

    /// The JSON Schema of the file, for editors.
    pub fn json_schema() -> serde_json::Value {
        let shapes = ConfigDocument::describe_keys(read::read_config);
        // The shipped file is read by every test; without it the schema would have no defaults.
        let defaults = DEFAULT.parse().unwrap_or_default();
        build_schema("dateline.toml", &shapes, &defaults)
    }
}

fn refuse_faults(config: Config, faults: Vec<ConfigFault>) -> Result<Config, Refused> {
    if faults.is_empty() {
        Ok(config)
    } else {
        Err(Refused(faults))
    }
}
