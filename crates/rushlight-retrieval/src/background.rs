//! What short texts in one script have in common, taken from the vector of a query before titles are compared with it.
//!
//! Vectors of short texts share much that is of their language, their brevity and their being headings, and some titles lie
//! near to every query ("hubs"; M. Radovanović, A. Nanopoulos, M. Ivanović: Hubs in Space, JMLR 11, 2010). The mean vector
//! of everyday headings is that common part: without it, what a query means stands out. It is of use where the query is
//! written in another language than the title, since there its language was most of what was compared.

use rushlight_core::Embedding;

use crate::features::{Script, main_script};

/// The headings of one script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Background {
    /// In English, for Latin script.
    Latin,
    /// In Chinese, for either script of it.
    Chinese,
}

const LATIN: [&str; 32] = [
    "Introduction",
    "Summary",
    "Conclusion",
    "Overview",
    "Notes",
    "Contents",
    "Frequently asked questions",
    "Meeting minutes",
    "Weekly report",
    "Annual budget",
    "Project plan",
    "How to get started",
    "Shopping list",
    "Travel itinerary",
    "Invoice for services",
    "Employment contract",
    "Privacy policy",
    "Terms and conditions",
    "Health insurance",
    "Family photos",
    "Recipe for soup",
    "Reading list",
    "History of the city",
    "Public transport",
    "Climate and weather",
    "Music and art",
    "Science and education",
    "The economy of the region",
    "Legal advice",
    "Software release",
    "Customer feedback",
    "Thank you for your letter",
];

const CHINESE: [&str; 32] = [
    "簡介",
    "摘要",
    "結論",
    "總覽",
    "筆記",
    "目錄",
    "常見問題",
    "會議紀錄",
    "每週報告",
    "年度預算",
    "專案計畫",
    "如何開始",
    "購物清單",
    "旅遊行程",
    "服務費發票",
    "勞動契約",
    "隱私權政策",
    "條款與細則",
    "健康保險",
    "家庭照片",
    "湯的食譜",
    "閱讀清單",
    "城市的歷史",
    "大眾運輸",
    "氣候與天氣",
    "音樂與藝術",
    "科學與教育",
    "地區的經濟",
    "法律諮詢",
    "軟體發行",
    "客戶意見",
    "感謝您的來信",
];

impl Background {
    /// That of a query; `None` for a script that has none.
    pub(crate) fn of(query: &str) -> Option<Self> {
        match main_script(query)? {
            Script::Latin => Some(Self::Latin),
            Script::Chinese => Some(Self::Chinese),
            Script::Korean | Script::Other => None,
        }
    }

    /// Its headings.
    pub(crate) fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Latin => &LATIN,
            Self::Chinese => &CHINESE,
        }
    }
}

/// The query's vector without so large a share of the mean of `background`, at unit length; as it was where nothing remains.
pub(crate) fn without_background(query: &Embedding, background: &[Embedding], share: f32) -> Embedding {
    let mut values = query.values().to_vec();
    let share = share / background.len().max(1) as f32;
    for heading in background {
        for (value, common) in values.iter_mut().zip(heading.values()) {
            *value -= share * common;
        }
    }
    Embedding::normalized(values).unwrap_or_else(|_| query.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(values: [f32; 3]) -> Embedding {
        Embedding::normalized(values.to_vec()).expect("has a direction")
    }

    #[test]
    fn what_all_headings_share_no_longer_decides() {
        let background = [vector([1.0, 0.2, 0.0]), vector([1.0, -0.2, 0.0])];
        let (query, hub, meant) = (
            vector([1.0, 0.0, 0.4]),
            vector([1.0, 0.0, 0.0]),
            vector([0.6, 0.0, 0.8]),
        );
        assert!(query.cosine(&hub) > query.cosine(&meant));
        let query = without_background(&query, &background, 1.0);
        assert!(query.cosine(&meant) > query.cosine(&hub));
    }

    #[test]
    fn a_query_that_is_only_background_stays() {
        let query = vector([1.0, 0.0, 0.0]);
        assert_eq!(
            without_background(&query, std::slice::from_ref(&query), 1.0),
            query
        );
        assert_eq!(without_background(&query, &[], 1.0), query);
    }

    #[test]
    fn headings_are_those_of_the_script() {
        assert_eq!(Background::of("What is green tea?"), Some(Background::Latin));
        assert_eq!(Background::of("綠茶 tea"), Some(Background::Chinese));
        assert_eq!(Background::of("绿茶"), Some(Background::Chinese));
        assert_eq!(Background::of("차"), None);
        assert_eq!(Background::of("2024"), None);
        for background in [Background::Latin, Background::Chinese] {
            assert!(
                background
                    .headings()
                    .iter()
                    .all(|heading| Background::of(heading) == Some(background))
            );
        }
    }
}
