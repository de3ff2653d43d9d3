//! What the documents that a query finds have in common, counted, and the order in which they can be listed.

/// What documents are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Their kind.
    Type,
    /// The space they live in.
    Space,
    /// The added folder they come from.
    Folder,
    /// Who wrote or sent them.
    Person,
    /// Their tags, each level of one by itself: `a` is counted for `a/b` too.
    Tag,
    /// The year of their date, on the asker's clock.
    Year,
}

impl Facet {
    /// Every facet, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Type,
        Self::Space,
        Self::Folder,
        Self::Person,
        Self::Tag,
        Self::Year,
    ];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Space => "space",
            Self::Folder => "folder",
            Self::Person => "person",
            Self::Tag => "tag",
            Self::Year => "year",
        }
    }
}

/// Values of a facet that are told at most, those that the query asks for beyond it.
pub const MAX_FACET_VALUES: usize = 20;

/// Which documents take part where a query has words that rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Covers {
    /// Those with a passage that holds every word, but for words like `the` and `what`.
    AllWords,
    /// Those with a passage that holds any of the words: none holds all.
    AnyWord,
    /// The query has no words that rank: those that meet it.
    #[default]
    Filters,
}

impl Covers {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllWords => "all_words",
            Self::AnyWord => "any_word",
            Self::Filters => "filters",
        }
    }
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetValue {
    /// As a document has it.
    pub value: String,
    /// Documents with it, whatever else the query asks of this facet.
    pub documents: u64,
    /// Whether the query asks for it.
    pub chosen: bool,
    /// The query with this value as well; where it is chosen, without it.
    pub query: String,
}

/// The values of one facet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetCounts {
    /// Which.
    pub facet: Facet,
    /// Those of most documents first, at most [`MAX_FACET_VALUES`] and what is chosen beyond them.
    pub values: Vec<FacetValue>,
    /// How many other values there are.
    pub more: u64,
}

/// Documents counted, not passages: those that the words of a query find, whatever meaning would find beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Which documents take part.
    pub covers: Covers,
    /// How many there are.
    pub documents: u64,
    /// Every facet, in the order of [`Facet::ALL`].
    pub facets: Vec<FacetCounts>,
    /// The query without any value that it chooses.
    pub bare: String,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// The order of what is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The best first.
    #[default]
    Relevance,
    /// Latest date first.
    Newest,
    /// Earliest date first.
    Oldest,
    /// By title, whatever its case; letters in the order of Unicode.
    Title,
}

impl Sort {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Title => "title",
        }
    }
}

/// What a list that nothing ranks is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorted {
    /// Its order; never by relevance.
    pub by: Sort,
    /// Which documents are in it.
    pub covers: Covers,
    /// How many there are.
    pub documents: u64,
}
