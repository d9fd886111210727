//! The stream of choices, with what a program has to remember while it is drawn.

use std::ops::{Deref, DerefMut};

use crate::draw::Draw;

/// What words are drawn from.
pub(super) struct Source {
    draw: Draw,
    pauses: bool,
    deadlines: i64,
}

impl Source {
    /// `pauses`: time passes in this program.
    pub(super) fn new(draw: Draw, pauses: bool) -> Self {
        Self { draw, pauses, deadlines: 0 }
    }

    /// Whether time passes in this program.
    pub(super) fn pauses(&self) -> bool {
        self.pauses
    }

    /// How many deadlines were drawn before this one. A program has far fewer than two hundred.
    pub(super) fn next_deadline(&mut self) -> i64 {
        let number = self.deadlines;
        self.deadlines += 1;
        assert!(number < 200, "the times to live of a program stay apart");
        number
    }
}

impl Deref for Source {
    type Target = Draw;

    fn deref(&self) -> &Draw {
        &self.draw
    }
}

impl DerefMut for Source {
    fn deref_mut(&mut self) -> &mut Draw {
        &mut self.draw
    }
}
