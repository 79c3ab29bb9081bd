//! The tree of an expression. Macros are nodes of their own.

use super::value::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Literal(Value),
    /// A name and where it stands.
    Name(String, usize),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    /// `operand.field`, or `operand.?field`.
    Select {
        operand: Box<Expr>,
        field: String,
        optional: bool,
        at: usize,
    },
    /// `operand[index]`, or `operand[?index]`.
    Index {
        operand: Box<Expr>,
        index: Box<Expr>,
        optional: bool,
    },
    /// `has(operand.field)`.
    Has {
        operand: Box<Expr>,
        field: String,
    },
    Call {
        target: Option<Box<Expr>>,
        function: String,
        arguments: Vec<Expr>,
        at: usize,
    },
    Unary {
        operator: Unary,
        operand: Box<Expr>,
    },
    Binary {
        operator: Binary,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Choice {
        condition: Box<Expr>,
        yes: Box<Expr>,
        no: Box<Expr>,
    },
    Each {
        kind: Each,
        range: Box<Expr>,
        variable: String,
        guard: Option<Box<Expr>>,
        body: Box<Expr>,
    },
    /// `cel.bind(variable, value, body)`, and `optMap` where `optional`.
    Bind {
        variable: String,
        value: Box<Expr>,
        body: Box<Expr>,
        optional: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    Not,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// What is done with each member of a list, or each key of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}

impl Expr {
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Literal(_) | Expr::Name(..) => Vec::new(),
            Expr::List(items) | Expr::All(items) | Expr::Any(items) => items.iter().collect(),
            Expr::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            Expr::Select { operand, .. } | Expr::Has { operand, .. } | Expr::Unary { operand, .. } => vec![operand],
            Expr::Index { operand, index, .. } => vec![operand, index],
            Expr::Call { target, arguments, .. } => target.iter().map(AsRef::as_ref).chain(arguments).collect(),
            Expr::Binary { left, right, .. } => vec![left, right],
            Expr::Choice { condition, yes, no } => vec![condition, yes, no],
            Expr::Each { range, guard, body, .. } => {
                [Some(range), guard.as_ref(), Some(body)].into_iter().flatten().map(AsRef::as_ref).collect()
            }
            Expr::Bind { value, body, .. } => vec![value, body],
        }
    }
}
