//! The analysis as tantivy's tokenizer, so that texts are taken apart on the writer's own thread.

use tantivy::tokenizer::{Token as TantivyToken, TokenStream, Tokenizer};

use rushlight_analysis::{Token, analyze};

/// The name that fields call it by.
pub(crate) const NAME: &str = "rushlight";

#[derive(Clone, Copy)]
pub(crate) struct Analyzer;

/// The terms of one text.
pub(crate) struct Terms {
    waiting: std::vec::IntoIter<Token>,
    current: TantivyToken,
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = Terms;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Terms {
        Terms {
            waiting: analyze(text).into_iter(),
            current: TantivyToken::default(),
        }
    }
}

impl TokenStream for Terms {
    fn advance(&mut self) -> bool {
        let Some(token) = self.waiting.next() else {
            return false;
        };
        self.current = TantivyToken {
            offset_from: token.start,
            offset_to: token.end,
            position: token.position,
            text: token.term,
            position_length: 1,
        };
        true
    }

    fn token(&self) -> &TantivyToken {
        &self.current
    }

    fn token_mut(&mut self) -> &mut TantivyToken {
        &mut self.current
    }
}
