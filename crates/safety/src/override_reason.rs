//! Why somebody gives a drug against a finding: a coded reason, so that overriding can be counted and read again.

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

/// A reason for overriding a finding. Codes are permanent: a code is never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverrideReason {
    /// What it does for this patient outweighs the harm.
    BenefitOutweighs,
    /// The patient had the drug, or both drugs, before, without harm.
    ToleratedBefore,
    /// The harm is watched for.
    Monitored,
    /// The dose was changed because of the finding.
    DoseAdjusted,
    /// What the finding rests on does not hold for this patient or this use.
    NotApplicable,
    /// Nothing else is left.
    NoAlternative,
    /// Comfort at the end of life comes first.
    Palliative,
    /// The patient was told, and wants it.
    PatientPreference,
    /// The finding is wrong: the knowledge base is to be mended.
    AlertWrong,
    /// None of these; a text says what.
    OtherWithText,
}

impl OverrideReason {
    /// All reasons, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::BenefitOutweighs,
        Self::ToleratedBefore,
        Self::Monitored,
        Self::DoseAdjusted,
        Self::NotApplicable,
        Self::NoAlternative,
        Self::Palliative,
        Self::PatientPreference,
        Self::AlertWrong,
        Self::OtherWithText,
    ];

    /// The permanent code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BenefitOutweighs => "benefit_outweighs",
            Self::ToleratedBefore => "tolerated_before",
            Self::Monitored => "monitored",
            Self::DoseAdjusted => "dose_adjusted",
            Self::NotApplicable => "not_applicable",
            Self::NoAlternative => "no_alternative",
            Self::Palliative => "palliative",
            Self::PatientPreference => "patient_preference",
            Self::AlertWrong => "alert_wrong",
            Self::OtherWithText => "other_with_text",
        }
    }

    /// The reason with a code, as [`Self::code`] writes it; `None` for any other text.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// What is read by who chooses it.
    #[must_use]
    pub fn text(self) -> Bilingual {
        let (en, ko) = match self {
            Self::BenefitOutweighs => ("The benefit outweighs the harm", "유익성이 위해성보다 큼"),
            Self::ToleratedBefore => ("Tolerated before", "이전에 문제없이 사용함"),
            Self::Monitored => ("Monitored: signs or results are watched", "증상·검사 결과 모니터링 중"),
            Self::DoseAdjusted => ("The dose was adjusted", "용량을 조절함"),
            Self::NotApplicable => {
                ("Does not apply to this patient or this use", "이 환자 또는 이번 투여에 해당하지 않음")
            }
            Self::NoAlternative => ("No alternative", "대체할 약물이 없음"),
            Self::Palliative => ("Palliative care: comfort comes first", "완화의료: 편안함이 우선"),
            Self::PatientPreference => ("The patient was told and prefers it", "설명을 들은 환자가 선택함"),
            Self::AlertWrong => ("The finding is wrong: to be mended", "경고가 잘못됨: 수정 필요"),
            Self::OtherWithText => ("Other, as written", "기타 (직접 기재)"),
        };
        Bilingual::new(en, ko)
    }

    /// Whether the reason is enough to override a finding of a tier. A critical finding says "never": that it is watched,
    /// given in another dose, wished for or given for comfort does not answer it.
    #[must_use]
    pub const fn may_override(self, tier: Tier) -> bool {
        match tier {
            Tier::Warning | Tier::Note => true,
            Tier::Critical => match self {
                Self::BenefitOutweighs
                | Self::ToleratedBefore
                | Self::NotApplicable
                | Self::NoAlternative
                | Self::AlertWrong
                | Self::OtherWithText => true,
                Self::Monitored | Self::DoseAdjusted | Self::Palliative | Self::PatientPreference => false,
            },
        }
    }

    /// Whether the reason is nothing without a text.
    #[must_use]
    pub const fn needs_text(self) -> bool {
        match self {
            Self::OtherWithText => true,
            Self::BenefitOutweighs
            | Self::ToleratedBefore
            | Self::Monitored
            | Self::DoseAdjusted
            | Self::NotApplicable
            | Self::NoAlternative
            | Self::Palliative
            | Self::PatientPreference
            | Self::AlertWrong => false,
        }
    }
}
