//! Why a row of a list was not taken: a closed set of codes.

use bogam_clinical::text::Bilingual;

/// Why a row was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Fewer or more columns than the first line.
    Columns,
    /// A quote that is not closed.
    Quote,
    /// Bytes that are no text.
    Encoding,
    /// A field that is needed is empty.
    MissingField,
    /// A name that means no ingredient of the packs.
    UnknownIngredient,
    /// A name that means something that is no drug.
    NotADrug,
    /// Two names of the row mean different ingredients.
    NamesDisagree,
    /// Both names of a pair mean one ingredient, or one is part of the other.
    SameIngredient,
    /// A level that the table of levels does not have.
    UnknownLevel,
    /// A level that the table of levels leaves out.
    LevelNone,
    /// A limit of age that cannot be read.
    BadAge,
    /// A coding system that is not known.
    UnknownSystem,
    /// A code that has not the form of its system.
    BadCode,
    /// A name or code that means another ingredient already.
    Conflict,
    /// A row of another kind of notice.
    OtherNotice,
    /// A row that does not hold any more.
    Withdrawn,
    /// A row about several ingredients in one product.
    Mixture,
    /// A row that says what another says.
    Repeated,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Columns,
        Self::Quote,
        Self::Encoding,
        Self::MissingField,
        Self::UnknownIngredient,
        Self::NotADrug,
        Self::NamesDisagree,
        Self::SameIngredient,
        Self::UnknownLevel,
        Self::LevelNone,
        Self::BadAge,
        Self::UnknownSystem,
        Self::BadCode,
        Self::Conflict,
        Self::OtherNotice,
        Self::Withdrawn,
        Self::Mixture,
        Self::Repeated,
    ];

    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Quote => "quote",
            Self::Encoding => "encoding",
            Self::MissingField => "missing_field",
            Self::UnknownIngredient => "unknown_ingredient",
            Self::NotADrug => "not_a_drug",
            Self::NamesDisagree => "names_disagree",
            Self::SameIngredient => "same_ingredient",
            Self::UnknownLevel => "unknown_level",
            Self::LevelNone => "level_none",
            Self::BadAge => "bad_age",
            Self::UnknownSystem => "unknown_system",
            Self::BadCode => "bad_code",
            Self::Conflict => "conflict",
            Self::OtherNotice => "other_notice",
            Self::Withdrawn => "withdrawn",
            Self::Mixture => "mixture",
            Self::Repeated => "repeated",
        }
    }

    /// In words.
    #[must_use]
    pub fn text(self) -> Bilingual {
        let (en, ko) = match self {
            Self::Columns => ("not as many columns as the first line", "첫 줄과 열의 수가 다름"),
            Self::Quote => {
                ("a quote is not closed: the row runs on over other lines", "따옴표가 닫히지 않아 여러 줄에 걸침")
            }
            Self::Encoding => ("holds bytes that are no text in this encoding", "문자로 읽을 수 없는 바이트가 있음"),
            Self::MissingField => ("a field that is needed is empty", "필요한 칸이 비어 있음"),
            Self::UnknownIngredient => ("the name means no ingredient of the packs", "지식 팩에 없는 성분명"),
            Self::NotADrug => ("the name means something that is no drug", "약이 아닌 것을 뜻하는 이름"),
            Self::NamesDisagree => {
                ("the names of the row mean different ingredients", "한 줄의 이름들이 서로 다른 성분을 뜻함")
            }
            Self::SameIngredient => (
                "both names mean one ingredient, or one is part of the other",
                "두 이름이 같은 성분이거나 한쪽이 다른 쪽에 포함됨",
            ),
            Self::UnknownLevel => ("the table of levels has no such level", "등급표에 없는 등급"),
            Self::LevelNone => ("the table of levels leaves this level out", "등급표에서 제외한 등급"),
            Self::BadAge => ("the limit of age cannot be read", "연령 기준을 읽을 수 없음"),
            Self::UnknownSystem => ("the version of the codes is neither 9 nor 10", "코드 판이 9도 10도 아님"),
            Self::BadCode => ("the code has not the form of its system", "코드 체계의 형식에 맞지 않음"),
            Self::Conflict => {
                ("the name or the code means another ingredient already", "이름이나 코드가 이미 다른 성분을 뜻함")
            }
            Self::OtherNotice => ("a row of another kind of notice", "다른 종류의 고시에 속한 줄"),
            Self::Withdrawn => ("the notice says that the row does not hold", "효력이 없는 것으로 표시된 줄"),
            Self::Mixture => ("about several ingredients in one product: not read", "복합제에 대한 줄: 읽지 않음"),
            Self::Repeated => ("says what another row says already", "다른 줄과 같은 내용"),
        };
        Bilingual::new(en, ko)
    }
}
