//! Tokens to a tree, by precedence. Depth and size are bounded: what is compiled here is walked recursively later.

use super::ast::{Binary, Each, Expr, Unary};
use super::lexer::{Token, tokens};
use super::value::Value;

const MOST_CHARACTERS: usize = 100_000;
/// Brackets within brackets, and operators on operators.
const MOST_NESTED: usize = 64;
const MOST_CHAINED: usize = 250;

type Result<T> = std::result::Result<T, (usize, String)>;

/// # Errors
/// The fault and its place, as the API server shows them.
pub fn parse(text: &str) -> std::result::Result<Expr, String> {
    if text.chars().count() > MOST_CHARACTERS {
        let size = text.chars().count();
        return Err(format!("expression code point size exceeds limit: size: {size}, limit {MOST_CHARACTERS}"));
    }
    parsed(text).map_err(|(at, problem)| located(text, at, &format!("Syntax error: {problem}")))
}

/// `ERROR: <input>:1:5: problem`, the line, and a mark under the place.
pub fn located(text: &str, at: usize, problem: &str) -> String {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let shown = text.split('\n').nth(line).unwrap_or_default();
    format!("ERROR: <input>:{}:{}: {problem}\n | {shown}\n | {}^", line + 1, column + 1, ".".repeat(column))
}

fn parsed(text: &str) -> Result<Expr> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, end: text.len(), nested: 0 };
    let expr = parser.choice()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some((at, _)) => Err((*at, "extraneous input, expecting <EOF>".into())),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
    nested: usize,
}

impl Parser {
    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn fail<T>(&self, problem: impl Into<String>) -> Result<T> {
        Err((self.place(), problem.into()))
    }

    fn peek(&self, sign: &str) -> bool {
        matches!(self.tokens.get(self.at), Some((_, Token::Sign(found))) if *found == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.peek(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<()> {
        if self.take(sign) { Ok(()) } else { self.fail(format!("mismatched input, expecting '{sign}'")) }
    }

    fn take_any<T: Copy>(&mut self, signs: &[(&str, T)]) -> Option<T> {
        let (_, operator) = signs.iter().find(|(sign, _)| self.peek(sign))?;
        self.at += 1;
        Some(*operator)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.nested >= MOST_NESTED {
            return self.fail(format!("expression is nested deeper than {MOST_NESTED} levels"));
        }
        self.nested += 1;
        let outcome = read(self);
        self.nested -= 1;
        outcome
    }

    fn choice(&mut self) -> Result<Expr> {
        self.deeper(|parser| {
            let condition = parser.series("||", |parser| parser.series("&&", Self::relation, Expr::All), Expr::Any)?;
            if !parser.take("?") {
                return Ok(condition);
            }
            let yes = parser.choice()?;
            parser.expect(":")?;
            let no = parser.choice()?;
            Ok(Expr::Choice { condition: condition.into(), yes: yes.into(), no: no.into() })
        })
    }

    /// Operands joined by a sign that may be read in any order: one flat node.
    fn series(
        &mut self,
        sign: &str,
        mut operand: impl FnMut(&mut Self) -> Result<Expr>,
        join: impl FnOnce(Vec<Expr>) -> Expr,
    ) -> Result<Expr> {
        let first = operand(self)?;
        if !self.peek(sign) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.take(sign) {
            operands.push(operand(self)?);
        }
        Ok(join(operands))
    }

    fn relation(&mut self) -> Result<Expr> {
        const SIGNS: [(&str, Binary); 7] = [
            ("==", Binary::Equal),
            ("!=", Binary::Unequal),
            ("<=", Binary::LessOrEqual),
            (">=", Binary::GreaterOrEqual),
            ("<", Binary::Less),
            (">", Binary::Greater),
            ("in", Binary::In),
        ];
        self.chain(&SIGNS, Self::sum)
    }

    fn sum(&mut self) -> Result<Expr> {
        self.chain(&[("+", Binary::Add), ("-", Binary::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<Expr> {
        let signs = [("*", Binary::Multiply), ("/", Binary::Divide), ("%", Binary::Remainder)];
        self.chain(&signs, Self::unary)
    }

    fn chain(&mut self, signs: &[(&str, Binary)], operand: fn(&mut Self) -> Result<Expr>) -> Result<Expr> {
        let mut left = operand(self)?;
        for _ in 0..MOST_CHAINED {
            let Some(operator) = self.take_any(signs) else { return Ok(left) };
            let right = operand(self)?;
            left = Expr::Binary { operator, left: left.into(), right: right.into() };
        }
        self.fail(format!("expression is nested deeper than {MOST_CHAINED} levels"))
    }

    fn unary(&mut self) -> Result<Expr> {
        let Some(operator) = self.take_any(&[("!", Unary::Not), ("-", Unary::Minus)]) else { return self.postfix() };
        let operand = self.deeper(Self::unary)?;
        Ok(match (operator, operand) {
            (Unary::Minus, Expr::Literal(Value::Int(value))) => Expr::Literal(Value::Int(value.wrapping_neg())),
            (Unary::Minus, Expr::Literal(Value::Double(value))) => Expr::Literal(Value::Double(-value)),
            (operator, operand) => Expr::Unary { operator, operand: operand.into() },
        })
    }

    fn postfix(&mut self) -> Result<Expr> {
        let mut expr = self.primary()?;
        for _ in 0..MOST_CHAINED {
            let at = self.place();
            if self.take(".") {
                let optional = self.take("?");
                let field = self.name()?;
                let open = self.place();
                expr = if !optional && self.take("(") {
                    self.call(Some(expr), field, open)?
                } else {
                    Expr::Select { operand: expr.into(), field, optional, at }
                };
            } else if self.take("[") {
                let optional = self.take("?");
                let index = self.choice()?.into();
                self.expect("]")?;
                expr = Expr::Index { operand: expr.into(), index, optional };
            } else {
                return Ok(expr);
            }
        }
        self.fail(format!("expression is nested deeper than {MOST_CHAINED} levels"))
    }

    fn name(&mut self) -> Result<String> {
        match self.tokens.get(self.at) {
            Some((_, Token::Name(name))) => {
                self.at += 1;
                Ok(name.clone())
            }
            _ => self.fail("mismatched input, expecting IDENTIFIER"),
        }
    }

    fn primary(&mut self) -> Result<Expr> {
        if self.take("(") {
            let inner = self.choice()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.take("[") {
            return self.list("]", Self::choice).map(Expr::List);
        }
        if self.take("{") {
            let entry = |parser: &mut Self| {
                let key = parser.choice()?;
                parser.expect(":")?;
                Ok((key, parser.choice()?))
            };
            return self.list("}", entry).map(Expr::Map);
        }
        match self.tokens.get(self.at).map(|(_, token)| token.clone()) {
            Some(Token::Literal(value)) => {
                self.at += 1;
                Ok(Expr::Literal(value))
            }
            Some(Token::Name(name)) => {
                let at = self.place();
                self.at += 1;
                let open = self.place();
                if self.take("(") { self.call(None, name, open) } else { Ok(Expr::Name(name, at)) }
            }
            Some(Token::Sign(sign)) => self.fail(format!("extraneous input '{sign}'")),
            None => self.fail("mismatched input '<EOF>'"),
        }
    }

    /// Entries up to a closing sign; a comma may stand before it.
    fn list<T>(&mut self, close: &str, mut entry: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut entries = Vec::new();
        while !self.take(close) {
            entries.push(entry(self)?);
            if !self.take(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(entries)
    }

    fn call(&mut self, target: Option<Expr>, function: String, at: usize) -> Result<Expr> {
        let arguments = self.list(")", Self::choice)?;
        self.expand(target, function, arguments, at)
    }

    /// A call, or the macro that it is.
    fn expand(&self, target: Option<Expr>, function: String, mut arguments: Vec<Expr>, at: usize) -> Result<Expr> {
        let each = |kind| Ok(Some(kind));
        let kind = match (&target, function.as_str(), arguments.len()) {
            (None, "has", 1) => {
                return match arguments.pop() {
                    Some(Expr::Select { operand, field, .. }) => Ok(Expr::Has { operand, field }),
                    _ => self.fail("invalid argument to has() macro"),
                };
            }
            (Some(Expr::Name(name, _)), "bind", 3) if name == "cel" => return self.bind(arguments),
            (Some(_), "optMap", 2) => return self.opt_map(target, arguments),
            (Some(_), "all", 2) => each(Each::All),
            (Some(_), "exists", 2) => each(Each::Exists),
            (Some(_), "exists_one" | "existsOne", 2) => each(Each::ExistsOne),
            (Some(_), "map", 2 | 3) => each(Each::Map),
            (Some(_), "filter", 2) => each(Each::Filter),
            _ => Ok(None),
        }?;
        let (Some(kind), Some(range)) = (kind, target.clone()) else {
            return Ok(Expr::Call { target: target.map(Box::new), function, arguments, at });
        };
        let (variable, mut rest) = self.variable(arguments)?;
        let guard = (rest.len() > 1).then(|| Box::new(rest.remove(0)));
        let Some(body) = rest.pop().map(Box::new) else { return self.fail("a macro lacks its expression") };
        Ok(Expr::Each { kind, range: range.into(), variable, guard, body })
    }

    fn variable(&self, mut arguments: Vec<Expr>) -> Result<(String, Vec<Expr>)> {
        let rest = arguments.split_off(1);
        match arguments.pop() {
            Some(Expr::Name(name, _)) => Ok((name, rest)),
            _ => self.fail("argument must be a simple name"),
        }
    }

    fn bind(&self, arguments: Vec<Expr>) -> Result<Expr> {
        let (variable, mut rest) = self.variable(arguments)?;
        let (Some(body), Some(value)) = (rest.pop(), rest.pop()) else { return self.fail("cel.bind lacks its value") };
        Ok(Expr::Bind { variable, value: value.into(), body: body.into(), optional: false })
    }

    fn opt_map(&self, target: Option<Expr>, arguments: Vec<Expr>) -> Result<Expr> {
        let (variable, mut rest) = self.variable(arguments)?;
        let (Some(body), Some(value)) = (rest.pop(), target) else { return self.fail("optMap lacks its expression") };
        Ok(Expr::Bind { variable, value: value.into(), body: body.into(), optional: true })
    }
}
