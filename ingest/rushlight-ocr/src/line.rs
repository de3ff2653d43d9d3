//! What was read: lines, each with its place and how sure the recogniser is.

use serde::{Deserialize, Serialize};

/// An upright box in pixels of the picture; the origin is its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Smallest x.
    pub left: f32,
    /// Smallest y.
    pub top: f32,
    /// Largest x.
    pub right: f32,
    /// Largest y.
    pub bottom: f32,
}

/// One line of text, or one column of vertical writing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its characters, without white space at the ends; never empty.
    pub text: String,
    /// How sure the recogniser is: the mean over the characters, from 0 to 1.
    pub confidence: f32,
    /// The smallest upright box around it, inside the picture that was given (also when the page lies on its side).
    pub area: Area,
}
