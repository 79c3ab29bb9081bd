//! Text to trees.

mod action;
mod lexer;
mod number;
mod operand;
mod token;
mod unquote;

pub(crate) use self::action::parse;
pub use self::token::Delimiters;
pub(crate) use self::unquote::unquote;
