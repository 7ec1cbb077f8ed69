//! Where a drug acts, by its route: a drop in the eye does not double a tablet.

use bogam_knowledge::pack::{IngredientEntry, Route};

use crate::input::DrugUse;

/// Where a drug acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    Systemic,
    Lung,
    Nose,
    Skin,
    Eye,
    Ear,
    Vagina,
    Spine,
}

const fn site(route: Route) -> Site {
    match route {
        Route::Po | Route::Iv | Route::Im | Route::Sc | Route::Sl | Route::Pr | Route::Td => Site::Systemic,
        Route::Inh | Route::Neb => Site::Lung,
        Route::Nas => Site::Nose,
        Route::Top => Site::Skin,
        Route::Oph => Site::Eye,
        Route::Ot => Site::Ear,
        Route::Vag => Site::Vagina,
        Route::Intrathecal => Site::Spine,
    }
}

/// The sites of an ingredient of which no route is recorded: systemic when it can be, since that is the common use;
/// else all its local ones.
pub(crate) fn usual_sites(entry: &IngredientEntry) -> Vec<Site> {
    let sites = entry.routes.iter().map(|r| site(*r)).collect::<Vec<_>>();
    if sites.contains(&Site::Systemic) { vec![Site::Systemic] } else { sites }
}

/// The sites of a use: that of the recorded route where it is understood, else the usual ones.
pub(crate) fn sites(usage: &DrugUse, entry: &IngredientEntry) -> Vec<Site> {
    let recorded = usage.entry.as_ref().and_then(|e| e.route.as_deref()).and_then(recorded_site);
    recorded.map_or_else(|| usual_sites(entry), |site| vec![site])
}

/// The site of a route as written, `PO/NG` or `Both eyes`; systemic where one of several is. `None`: not understood.
pub(crate) fn recorded_site(text: &str) -> Option<Site> {
    let upper = text.to_uppercase();
    let found = upper.split(|c: char| !c.is_alphanumeric()).filter_map(word_site).collect::<Vec<_>>();
    if found.contains(&Site::Systemic) { Some(Site::Systemic) } else { found.first().copied() }
}

fn word_site(word: &str) -> Option<Site> {
    Some(match word {
        "PO" | "ORAL" | "ORALLY" | "MOUTH" | "NG" | "NGT" | "OG" | "PEG" | "GT" | "JT" | "경구" | "IV" | "IVPB"
        | "INTRAVENOUS" | "정맥" | "정주" | "IM" | "INTRAMUSCULAR" | "근육" | "근주" | "SC" | "SQ" | "SUBCUT"
        | "SUBCUTANEOUS" | "피하" | "SL" | "SUBLINGUAL" | "BUCCAL" | "BU" | "설하" | "PR" | "RECTAL" | "직장"
        | "TD" | "TRANSDERMAL" | "경피" => Site::Systemic,
        "INH" | "IH" | "INHALED" | "INHALATION" | "NEB" | "NEBULISED" | "NEBULIZED" | "흡입" => Site::Lung,
        "NAS" | "NU" | "NASAL" | "INTRANASAL" | "비강" => Site::Nose,
        "TOP" | "TP" | "TOPICAL" | "SKIN" | "외용" | "도포" => Site::Skin,
        "OPH" | "OPHTHALMIC" | "EYE" | "EYES" | "OS" | "OD" | "OU" | "점안" => Site::Eye,
        "OT" | "OTIC" | "EAR" | "EARS" | "점이" => Site::Ear,
        "VAG" | "VG" | "VAGINAL" | "질" => Site::Vagina,
        "INTRATHECAL" | "척수강" => Site::Spine,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_routes_are_understood_as_written() {
        for (text, expected) in [
            ("PO/NG", Some(Site::Systemic)),
            ("iv drip", Some(Site::Systemic)),
            ("BOTH EYES", Some(Site::Eye)),
            ("점안", Some(Site::Eye)),
            ("IH", Some(Site::Lung)),
            ("tp", Some(Site::Skin)),
            ("somewhere", None),
            ("", None),
        ] {
            assert_eq!(recorded_site(text), expected, "{text}");
        }
    }
}
