//! What the program is, what it stands on, and what can go wrong with it.

use super::types::{About, HazardView, LicenceView, MachineView};
use super::{Answer, Window};
use crate::{doctor, hazards, licences};

impl Window {
    /// What the program is. Anybody may know, whoever is signed in.
    ///
    /// # Errors
    /// When the knowledge cannot be read.
    pub fn about(&self) -> Answer<About> {
        let list = licences::all()?;
        let text = |n: usize| list.texts.get(n).cloned().unwrap_or_default();
        let hazard = |h: hazards::Hazard| HazardView {
            id: h.id,
            hazard: h.hazard,
            cause: h.cause,
            control: h.control,
            test: h.held_by,
        };
        let cpu = doctor::cpu();
        let gpus = doctor::ask_devices().unwrap_or_default().into_iter().filter(|device| device.gpu);
        Ok(About {
            bogam: env!("CARGO_PKG_VERSION").to_owned(),
            rules: bogam_safety::RULES_VERSION.to_owned(),
            knowledge: self.knowledge()?.hash().to_owned(),
            build: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            licences: list
                .software
                .iter()
                .map(|s| LicenceView {
                    name: s.name.clone(),
                    version: s.version.clone(),
                    licence: s.licence.clone(),
                    text: text(s.text),
                })
                .collect(),
            hazards: hazards::all()?.into_iter().map(hazard).collect(),
            machine: MachineView {
                cpu: cpu.name,
                threads: cpu.threads,
                memory_bytes: doctor::memory().total,
                gpus: gpus.map(|gpu| format!("{} ({})", gpu.description, gpu.name)).collect(),
            },
        })
    }
}
