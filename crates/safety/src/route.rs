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

pub(crate) const fn site(route: Route) -> Site {
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
    let found = recorded_routes(text).into_iter().map(site).collect::<Vec<_>>();
    if found.contains(&Site::Systemic) { Some(Site::Systemic) } else { found.first().copied() }
}

/// The routes of a text as written; none: not understood.
pub(crate) fn recorded_routes(text: &str) -> Vec<Route> {
    // `p.o.` and `I.V.` are written as well.
    let upper = text.to_uppercase().replace('.', "");
    upper.split(|c: char| !c.is_alphanumeric()).filter_map(word_route).collect()
}

/// The recorded routes of a use.
pub(crate) fn routes_of(usage: &DrugUse) -> Vec<Route> {
    usage.entry.as_ref().and_then(|e| e.route.as_deref()).map(recorded_routes).unwrap_or_default()
}

/// Whether a fact holds for a use of a drug, by what the use and the fact say of routes. `of` is the ingredient that the
/// fact is about: the drug, or a component of it.
///
/// A fact that names routes holds for the recorded one. For an order without a route it holds when one of the usual routes
/// is named; for a candidate that nobody ordered, when the first of its routes is: that is its commonest. A fact that names
/// none holds for the usual use: for an eye drop only if its ingredient is nothing but an eye drop.
pub(crate) fn holds(usage: &DrugUse, drug: &IngredientEntry, of: &IngredientEntry, routes: &[Route]) -> bool {
    if routes.is_empty() {
        let usual = usual_sites(of);
        return sites(usage, drug).iter().any(|site| usual.contains(site));
    }
    let recorded = routes_of(usage);
    if !recorded.is_empty() {
        return recorded.iter().any(|route| routes.contains(route));
    }
    if usage.entry.is_none() {
        return drug.routes.first().is_some_and(|route| routes.contains(route));
    }
    let usual = usual_sites(drug);
    drug.routes.iter().any(|route| usual.contains(&site(*route)) && routes.contains(route))
}

fn word_route(word: &str) -> Option<Route> {
    Some(match word {
        "PO" | "ORAL" | "ORALLY" | "MOUTH" | "NG" | "NGT" | "OG" | "PEG" | "GT" | "JT" | "경구" => Route::Po,
        "IV" | "IVPB" | "INTRAVENOUS" | "정맥" | "정주" => Route::Iv,
        "IM" | "INTRAMUSCULAR" | "근육" | "근주" => Route::Im,
        "SC" | "SQ" | "SUBCUT" | "SUBCUTANEOUS" | "피하" => Route::Sc,
        "SL" | "SUBLINGUAL" | "BUCCAL" | "BU" | "설하" => Route::Sl,
        "PR" | "RECTAL" | "직장" => Route::Pr,
        "TD" | "TRANSDERMAL" | "경피" => Route::Td,
        "INH" | "IH" | "INHALED" | "INHALATION" | "흡입" => Route::Inh,
        "NEB" | "NEBULISED" | "NEBULIZED" => Route::Neb,
        "NAS" | "NU" | "NASAL" | "INTRANASAL" | "비강" => Route::Nas,
        "TOP" | "TP" | "TOPICAL" | "SKIN" | "외용" | "도포" => Route::Top,
        "OPH" | "OPHTHALMIC" | "EYE" | "EYES" | "OS" | "OD" | "OU" | "점안" => Route::Oph,
        "OT" | "OTIC" | "EAR" | "EARS" | "점이" => Route::Ot,
        "VAG" | "VG" | "VAGINAL" | "질" => Route::Vag,
        "INTRATHECAL" | "IT" | "척수강" => Route::Intrathecal,
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
            ("p.o.", Some(Site::Systemic)),
            ("I.T.", Some(Site::Spine)),
            ("somewhere", None),
            ("", None),
        ] {
            assert_eq!(recorded_site(text), expected, "{text}");
        }
    }
}
