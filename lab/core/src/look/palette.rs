//! The states, and what each looks like: one table for all views.
//!
//! The colours are Okabe and Ito's ("Color Universal Design", 2008), which people tell apart who
//! see colours differently. They are not enough: blue and vermillion are the same grey in print (a
//! contrast of 1.34 to 1). So working is as high as the lane, waiting is lower, and each state has
//! a texture.

/// What a state looks like, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
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
    /// How it is filled, so that it is told from others without colour.
    pub texture: Texture,
}

/// How an area is filled: `Solid` all of it, `Outline` only its border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Texture {
    Solid,
    Hatch,
    Dots,
    Stripes,
    Crosses,
    Outline,
}

macro_rules! states {
    ($($state:ident $name:literal $label:literal $meaning:literal
       $light:literal $dark:literal $ansi:literal $height:literal $texture:ident,)+) => {
        /// What a train does at a moment; [`train`](super::lanes::train) says what makes it so.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum State {
            $(#[doc = $meaning] $state,)+
        }

        impl State {
            pub const ALL: [Self; 8] = [$(Self::$state),+];
        }

        /// Every look, in the order of [`State::ALL`].
        pub const LOOKS: [Look; State::ALL.len()] = [$(Look {
            state: State::$state,
            name: $name,
            label: $label,
            meaning: $meaning,
            light: $light,
            dark: $dark,
            ansi: $ansi,
            height: $height,
            texture: Texture::$texture,
        }),+];
    };
}

states! {
    Idle    "idle"     "idle"     "nothing to do"        "#dddddd" "#444444" 250   6 Solid,
    Run     "run"      "run"      "working"              "#0072b2" "#3d9bd9"  32 100 Solid,
    Ready   "ready"    "ready"    "ready"                "#f0e442" "#f0e442" 227  45 Outline,
    WaitGil "wait-gil" "wait GIL" "waiting for the lock" "#d55e00" "#f07f2e" 166  45 Hatch,
    Native  "native"   "native"   "native code"          "#56b4e9" "#7cc7f2"  74 100 Stripes,
    Wait    "wait"     "wait"     "waiting"              "#e69f00" "#f2b632" 214  45 Dots,
    Sleep   "sleep"    "sleep"    "sleeping"             "#e8c98a" "#8f7a4c" 180  25 Solid,
    Ipc     "ipc"      "IPC"      "talking"              "#cc79a7" "#dd93bb" 175  70 Crosses,
}

impl State {
    /// Tells whether the train gets on with its work.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Run | Self::Native)
    }

    /// Tells whether the train has something to do and cannot get on with it.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Ready | Self::WaitGil | Self::Wait | Self::Sleep)
    }
}

pub const fn look(state: State) -> &'static Look {
    &LOOKS[state as usize]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Fails if two states have the same height and the same texture: in print they were one.
    #[test]
    fn every_state_has_its_own_look_also_without_colour() {
        let names: HashSet<&str> = LOOKS.iter().map(|look| look.name).collect();
        // INVARIANT: [VIEW-1]
        let shapes: HashSet<_> = LOOKS.iter().map(|look| (look.height, look.texture)).collect();
        assert_eq!([names.len(), shapes.len()], [LOOKS.len(); 2]);
        for colour in LOOKS.iter().flat_map(|look| [look.light, look.dark]) {
            let digits = colour.strip_prefix('#').unwrap();
            assert!(digits.len() == 6 && u32::from_str_radix(digits, 16).is_ok(), "{colour}");
        }
    }
}
