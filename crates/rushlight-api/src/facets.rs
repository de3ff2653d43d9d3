//! What the documents that a query finds have in common, and the orders of a list.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

/// The order of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The best first.
    #[default]
    Relevance,
    /// Latest date first.
    Newest,
    /// Earliest date first.
    Oldest,
    /// By title.
    Title,
}

impl From<Sort> for core::Sort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Relevance => Self::Relevance,
            Sort::Newest => Self::Newest,
            Sort::Oldest => Self::Oldest,
            Sort::Title => Self::Title,
        }
    }
}

impl From<core::Sort> for Sort {
    fn from(sort: core::Sort) -> Self {
        match sort {
            core::Sort::Relevance => Self::Relevance,
            core::Sort::Newest => Self::Newest,
            core::Sort::Oldest => Self::Oldest,
            core::Sort::Title => Self::Title,
        }
    }
}

/// Which documents are counted or listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// Those that hold every word of the query.
    AllWords,
    /// Those that hold any of them: none holds all.
    AnyWord,
    /// The query has no words of its own: those that meet it.
    Filters,
}

impl From<core::Covers> for Covers {
    fn from(covers: core::Covers) -> Self {
        match covers {
            core::Covers::AllWords => Self::AllWords,
            core::Covers::AnyWord => Self::AnyWord,
            core::Covers::Filters => Self::Filters,
        }
    }
}

/// What a list that nothing ranks is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorted {
    /// Its order.
    pub by: Sort,
    /// Which documents are in it.
    pub covers: Covers,
    /// How many there are.
    pub documents: u64,
}

impl From<core::Sorted> for Sorted {
    fn from(sorted: core::Sorted) -> Self {
        let core::Sorted {
            by,
            covers,
            documents,
        } = sorted;
        Self {
            by: by.into(),
            covers: covers.into(),
            documents,
        }
    }
}

/// Reply to `POST /api/v1/search/facets`: documents counted, not passages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// Which documents are counted.
    pub covers: Covers,
    /// How many there are.
    pub documents: u64,
    /// Every facet, in the order in which they are shown.
    pub facets: Vec<FacetCounts>,
    /// The query without any value that it chooses.
    pub bare: String,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// The values of one facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetCounts {
    /// Which.
    pub facet: Facet,
    /// Those of most documents first.
    pub values: Vec<FacetValue>,
    /// How many other values there are.
    pub more: u64,
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    /// As a document has it.
    pub value: String,
    /// Documents with it.
    pub documents: u64,
    /// Whether the query asks for it.
    pub chosen: bool,
    /// The query with it as well; where it is chosen, without it.
    pub query: String,
}

/// What documents are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// Their kind.
    Type,
    /// The space they live in.
    Space,
    /// The added folder they come from.
    Folder,
    /// Who wrote or sent them.
    Person,
    /// Their tags.
    Tag,
    /// The year of their date.
    Year,
}

impl From<core::Facet> for Facet {
    fn from(facet: core::Facet) -> Self {
        match facet {
            core::Facet::Type => Self::Type,
            core::Facet::Space => Self::Space,
            core::Facet::Folder => Self::Folder,
            core::Facet::Person => Self::Person,
            core::Facet::Tag => Self::Tag,
            core::Facet::Year => Self::Year,
        }
    }
}

impl From<core::Facets> for Facets {
    fn from(facets: core::Facets) -> Self {
        let core::Facets {
            covers,
            documents,
            facets,
            bare,
            took_us,
        } = facets;
        Self {
            covers: covers.into(),
            documents,
            facets: facets.into_iter().map(Into::into).collect(),
            bare,
            took_us,
        }
    }
}

impl From<core::FacetCounts> for FacetCounts {
    fn from(counts: core::FacetCounts) -> Self {
        let core::FacetCounts { facet, values, more } = counts;
        Self {
            facet: facet.into(),
            values: values.into_iter().map(Into::into).collect(),
            more,
        }
    }
}

impl From<core::FacetValue> for FacetValue {
    fn from(value: core::FacetValue) -> Self {
        let core::FacetValue {
            value,
            documents,
            chosen,
            query,
        } = value;
        Self {
            value,
            documents,
            chosen,
            query,
        }
    }
}

/// What `rushlight search --facets --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchWithFacets {
    /// The reply to the search.
    #[serde(flatten)]
    pub search: crate::search::SearchResponse,
    /// What was counted.
    pub facets: Facets,
}
