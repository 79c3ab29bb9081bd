//! The expression level of the grammar: pipelines, commands, operands.

use super::action::Parser;
use super::number::parse_number;
use super::token::{Kind, Token};
use crate::ast::{List, Node, NodeId, Pipe, Span};
use crate::error::ParseError;
use crate::fmt::quote;
use crate::value::Value;

impl<'t> Parser<'t> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<NodeId, ParseError> {
        let pos = self.peek().pos;
        let mut pipe = self.declarations(context)?;
        let commands = self.open();
        loop {
            let token = self.next();
            match token.kind {
                kind if kind == end => {
                    pipe.commands = self.close(commands);
                    self.check_pipeline(&pipe, context)?;
                    return Ok(self.add(pos, Node::Pipe(pipe)));
                }
                Kind::Bool
                | Kind::Char
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.put_back(token);
                    let command = self.command()?;
                    self.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
    }

    /// `$x :=`, `$x =`, and in a range `$i, $x :=`. Two tokens of look-ahead tell them from `$x foo`.
    fn declarations(&mut self, context: &str) -> Result<Pipe, ParseError> {
        let mut assigns = false;
        let declared = self.open();
        let mut count = 0;
        while self.peek().kind == Kind::Variable {
            let variable = self.next();
            let next = self.next();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    assigns = next.kind == Kind::Assign;
                    self.declare(&variable);
                    break;
                }
                Kind::Punctuation if next.text == "," => {
                    self.declare(&variable);
                    count += 1;
                    self.second_variable(count, context)?;
                }
                _ => {
                    self.put_back(next);
                    self.put_back(variable);
                    break;
                }
            }
        }
        Ok(Pipe { declared: self.close(declared), assigns, commands: List::default() })
    }

    fn second_variable(&mut self, declared: usize, context: &str) -> Result<(), ParseError> {
        if context != "range" || declared >= 2 {
            return self.error(format!("too many declarations in {context}"));
        }
        match self.peek().kind {
            Kind::Variable | Kind::RightDelim | Kind::RightParen => Ok(()),
            _ => self.error("range can only initialize variables"),
        }
    }

    fn declare(&mut self, token: &Token<'t>) {
        self.current.variables.push(token.text);
        let node = self.add(token.pos, Node::Variable { name: token.span(), fields: Span::default() });
        self.push(node);
    }

    /// Up to a `|`, which is eaten, or the end of the pipeline, which is not.
    fn command(&mut self) -> Result<NodeId, ParseError> {
        let pos = self.peek().pos;
        let args = self.open();
        loop {
            if let Some(operand) = self.operand()? {
                self.push(operand);
                if self.peek().spaced {
                    continue;
                }
            }
            let token = self.next();
            match token.kind {
                Kind::RightDelim | Kind::RightParen => self.put_back(token),
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        let args = self.close(args);
        if args.is_empty() {
            return self.error("empty command");
        }
        Ok(self.add(pos, Node::Command { args }))
    }

    /// A term and the fields behind it. `None` when no operand stands here.
    fn operand(&mut self) -> Result<Option<NodeId>, ParseError> {
        let Some(term) = self.term()? else { return Ok(None) };
        let pos = self.peek().pos;
        let mut fields = Span { start: pos, end: pos };
        while self.is_at_field() {
            fields.end = self.next().span().end;
        }
        if fields.is_empty() {
            return Ok(Some(term));
        }
        let node = match self.node(term) {
            Node::Field(first) => Node::Field(Span { start: first.start, ..fields }),
            Node::Variable { name, .. } => Node::Variable { name: *name, fields },
            Node::Bool(_) | Node::String { .. } | Node::Number(_) | Node::Nil | Node::Dot => {
                let shown = quote(self.source(term).as_bytes());
                return self.error(format!("unexpected . after term {shown}"));
            }
            _ => Node::Chain { node: term, fields },
        };
        Ok(Some(self.add(pos, node)))
    }

    fn is_at_field(&mut self) -> bool {
        let token = self.peek();
        token.kind == Kind::Field && !token.spaced
    }

    fn term(&mut self) -> Result<Option<NodeId>, ParseError> {
        let token = self.next();
        let node = match token.kind {
            Kind::Identifier => match self.functions.get(token.text) {
                Some(function) => Node::Identifier(function.clone()),
                None => return self.error(format!("function {} not defined", quote(token.text.as_bytes()))),
            },
            Kind::Dot => Node::Dot,
            Kind::Nil => Node::Nil,
            Kind::Variable => self.variable(&token)?,
            Kind::Field => Node::Field(token.span()),
            Kind::Bool => Node::Bool(token.text == "true"),
            Kind::Char | Kind::Complex | Kind::Number => match parse_number(token.text, token.kind) {
                Ok(number) => Node::Number(Box::new(number)),
                Err(message) => return self.error(message),
            },
            Kind::String | Kind::RawString => match super::unquote(token.text) {
                Ok(bytes) => Node::String { quoted: token.span(), value: Value::string(&*bytes) },
                Err(message) => return self.error(message),
            },
            Kind::LeftParen => {
                return self.nested(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen)).map(Some);
            }
            _ => {
                self.put_back(token);
                return Ok(None);
            }
        };
        Ok(Some(self.add(token.pos, node)))
    }

    fn variable(&self, token: &Token<'t>) -> Result<Node, ParseError> {
        if token.text != "$" && !self.current.variables.iter().rev().any(|known| *known == token.text) {
            return self.error(format!("undefined variable {}", quote(token.text.as_bytes())));
        }
        Ok(Node::Variable { name: token.span(), fields: Span::default() })
    }
}
