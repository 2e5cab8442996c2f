//! The figures of all sections, and how they are laid out.

pub mod json;
pub mod markdown;
pub mod svg;

use super::front_end::Throughput;
use super::machine::Machine;
use super::memory::Peaks;
use super::process::Manner;
use super::race::Race;

pub struct Report {
    pub machine: Machine,
    /// The name and the command of each candidate.
    pub commands: Vec<(String, String)>,
    pub manner: Manner,
    pub sections: Vec<Figures>,
}

/// The figures of a section.
#[derive(Clone, Debug)]
pub enum Figures {
    Programs(Race),
    Startup(Race),
    Memory(Peaks),
    Copy { bytes: u64, race: Race },
    FrontEnd(Vec<Throughput>),
}

impl Figures {
    #[must_use]
    pub fn programs(&self) -> Option<&Race> {
        match self {
            Figures::Programs(race) => Some(race),
            Figures::Startup(_) | Figures::Memory(_) | Figures::Copy { .. } | Figures::FrontEnd(_) => None,
        }
    }

    /// What should not be.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        match self {
            Figures::Programs(race) | Figures::Startup(race) | Figures::Copy { race, .. } => race.complaints(),
            Figures::Memory(peaks) => peaks.complaints.clone(),
            Figures::FrontEnd(_) => Vec::new(),
        }
    }
}
