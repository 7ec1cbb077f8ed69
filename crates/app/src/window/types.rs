//! What crosses between the program and its window, and its TypeScript.

mod cases;
mod data;
mod leaflet;
mod review;
mod site;
mod start;
mod suggestion;
mod talk;
mod training;

pub use cases::*;
pub use data::*;
pub use leaflet::*;
pub use review::*;
pub use site::*;
pub use start::*;
pub use suggestion::*;
pub use talk::*;
pub use training::*;
