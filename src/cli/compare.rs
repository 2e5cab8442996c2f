use anyhow::Result;

use super::args::CompareArgs;
use super::messages::Messages;
use super::status::Status;

pub fn compare(_args: &CompareArgs, _messages: &Messages) -> Result<Status> {
    anyhow::bail!("to come")
}
