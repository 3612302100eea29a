//! What each state looks like: one table for all views.
//!
//! The colours are Okabe and Ito's, which people tell apart who see colours differently. They are
//! not enough: blue and vermillion are the same grey in print (a contrast of 1.34 to 1). So working
//! is as high as the lane, waiting is lower, and each state has a texture.
//!
//! The source of the colours: Okabe and Ito, "Color Universal Design", 2008.

use crate::look::lanes::train::State;

/// What a state looks like, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The state.
    pub state: State,
    /// Its name in documents for programs: `wait-gil`.
    pub name: &'static str,
    /// Its name as the label of a slice, in `CPython`'s words where it has some: `wait GIL`.
    pub label: &'static str,
    /// What the train does meanwhile, as a legend says it: `waiting for the lock`.
    pub meaning: &'static str,
    /// The colour on white, as `#rrggbb`.
    pub light: &'static str,
    /// The colour on black.
    pub dark: &'static str,
    /// The nearest of a terminal's 256 colours.
    pub ansi: u8,
    /// How much of the lane's height it takes, in percent.
    pub height: u8,
    /// How it is filled.
    pub texture: Texture,
}

/// How an area is filled, so that it is told from others without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Texture {
    /// All of it.
    Solid,
    /// Lines from bottom left to top right.
    Hatch,
    /// Dots.
    Dots,
    /// Upright lines.
    Stripes,
    /// Lines in both diagonals.
    Crosses,
    /// Only its border.
    Outline,
}

/// Every look, in the order of [`State::ALL`].
pub const LOOKS: [Look; State::ALL.len()] = [
    Look {
        state: State::Idle,
        name: "idle",
        label: "idle",
        meaning: "nothing to do",
        light: "#dddddd",
        dark: "#444444",
        ansi: 250,
        height: 6,
        texture: Texture::Solid,
    },
    Look {
        state: State::Run,
        name: "run",
        label: "run",
        meaning: "working",
        light: "#0072b2",
        dark: "#3d9bd9",
        ansi: 32,
        height: 100,
        texture: Texture::Solid,
    },
    Look {
        state: State::Ready,
        name: "ready",
        label: "ready",
        meaning: "ready",
        light: "#f0e442",
        dark: "#f0e442",
        ansi: 227,
        height: 45,
        texture: Texture::Outline,
    },
    Look {
        state: State::WaitGil,
        name: "wait-gil",
        label: "wait GIL",
        meaning: "waiting for the lock",
        light: "#d55e00",
        dark: "#f07f2e",
        ansi: 166,
        height: 45,
        texture: Texture::Hatch,
    },
    Look {
        state: State::Native,
        name: "native",
        label: "native",
        meaning: "native code",
        light: "#56b4e9",
        dark: "#7cc7f2",
        ansi: 74,
        height: 100,
        texture: Texture::Stripes,
    },
    Look {
        state: State::Wait,
        name: "wait",
        label: "wait",
        meaning: "waiting",
        light: "#e69f00",
        dark: "#f2b632",
        ansi: 214,
        height: 45,
        texture: Texture::Dots,
    },
    Look {
        state: State::Sleep,
        name: "sleep",
        label: "sleep",
        meaning: "sleeping",
        light: "#e8c98a",
        dark: "#8f7a4c",
        ansi: 180,
        height: 25,
        texture: Texture::Solid,
    },
    Look {
        state: State::Ipc,
        name: "ipc",
        label: "IPC",
        meaning: "talking",
        light: "#cc79a7",
        dark: "#dd93bb",
        ansi: 175,
        height: 70,
        texture: Texture::Crosses,
    },
];

/// Returns what `state` looks like.
pub const fn look(state: State) -> &'static Look {
    &LOOKS[state as usize]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_state_has_its_own_look() {
        for state in State::ALL {
            assert_eq!(look(state).state, state);
        }
        let names: HashSet<&str> = LOOKS.iter().map(|look| look.name).collect();
        assert_eq!(names.len(), LOOKS.len());
    }

    /// Fails if two states have the same height and the same texture: in print they were one.
    #[test]
    fn states_are_told_apart_without_colour() {
        // INVARIANT: [VIEW-1]
        let shapes: HashSet<(u8, Texture)> =
            LOOKS.iter().map(|look| (look.height, look.texture)).collect();
        assert_eq!(shapes.len(), LOOKS.len());
    }

    #[test]
    fn colours_are_written_as_six_digits() {
        let colours = LOOKS.iter().flat_map(|look| [look.light, look.dark]);
        for colour in colours {
            let digits = colour.strip_prefix('#').unwrap();
            assert!(digits.len() == 6 && u32::from_str_radix(digits, 16).is_ok(), "{colour}");
        }
    }
}
