//! The expression level of the grammar: pipelines, commands, operands.

use std::rc::Rc;

use super::action::Parser;
use super::number::parse_number;
use super::token::{Kind, Token};
use crate::ast::{Node, NodeId, Pipe};
use crate::error::ParseError;
use crate::fmt::quote;
use crate::value::Value;

impl<'t> Parser<'t> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<NodeId, ParseError> {
        let pos = self.peek_non_space().pos;
        let mut pipe = Pipe { declared: Vec::new(), assigns: false, commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => {
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
                    pipe.commands.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
    }

    /// `$x :=`, `$x =`, and in a range `$i, $x :=`. Two tokens of look-ahead tell them from `$x foo`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result<(), ParseError> {
        while self.peek_non_space().kind == Kind::Variable {
            let variable = self.next();
            let after = self.next();
            let next = if after.kind == Kind::Space { self.next_non_space() } else { after.clone() };
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = next.kind == Kind::Assign;
                    self.declare(pipe, &variable);
                    return Ok(());
                }
                Kind::Punctuation if next.text == "," => {
                    self.declare(pipe, &variable);
                    self.second_variable(pipe, context)?;
                }
                _ => {
                    self.put_back(next);
                    if after.kind == Kind::Space {
                        self.put_back(after);
                    }
                    self.put_back(variable);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn second_variable(&mut self, pipe: &Pipe, context: &str) -> Result<(), ParseError> {
        if context != "range" || pipe.declared.len() >= 2 {
            return self.error(format!("too many declarations in {context}"));
        }
        match self.peek_non_space().kind {
            Kind::Variable | Kind::RightDelim | Kind::RightParen => Ok(()),
            _ => self.error("range can only initialize variables"),
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, token: &Token<'t>) {
        let name: Rc<str> = token.text.as_ref().into();
        self.current.variables.push(name.clone());
        let node = self.add(token.pos, Node::Variable { name, fields: Vec::new() });
        pipe.declared.push(node);
    }

    /// Up to a `|`, which is eaten, or the end of the pipeline, which is not.
    fn command(&mut self) -> Result<NodeId, ParseError> {
        let pos = self.peek_non_space().pos;
        let mut args = Vec::new();
        loop {
            self.peek_non_space();
            args.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.put_back(token),
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if args.is_empty() {
            return self.error("empty command");
        }
        Ok(self.add(pos, Node::Command { args }))
    }

    /// A term and the fields behind it. `None` when no operand stands here.
    fn operand(&mut self) -> Result<Option<NodeId>, ParseError> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        let pos = self.peek().pos;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(Rc::from(&self.next().text[1..]));
        }
        let node = match self.node(term) {
            Node::Field(first) => Node::Field(first.iter().cloned().chain(fields).collect()),
            Node::Variable { name, fields: first } => {
                Node::Variable { name: name.clone(), fields: first.iter().cloned().chain(fields).collect() }
            }
            Node::Bool(_) | Node::String { .. } | Node::Number(_) | Node::Nil | Node::Dot => {
                let shown = quote(self.source(term).as_bytes());
                return self.error(format!("unexpected . after term {shown}"));
            }
            _ => Node::Chain { node: term, fields },
        };
        Ok(Some(self.add(pos, node)))
    }

    fn term(&mut self) -> Result<Option<NodeId>, ParseError> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Identifier => match self.functions.get(&token.text) {
                Some(function) => Node::Identifier(function.clone()),
                None => return self.error(format!("function {} not defined", quote(token.text.as_bytes()))),
            },
            Kind::Dot => Node::Dot,
            Kind::Nil => Node::Nil,
            Kind::Variable => self.variable(&token)?,
            Kind::Field => Node::Field(vec![token.text[1..].into()]),
            Kind::Bool => Node::Bool(token.text == "true"),
            Kind::Char | Kind::Complex | Kind::Number => match parse_number(&token.text, token.kind) {
                Ok(number) => Node::Number(Box::new(number)),
                Err(message) => return self.error(message),
            },
            Kind::String | Kind::RawString => match super::unquote(&token.text) {
                Ok(bytes) => {
                    Node::String { quoted: token.pos..token.pos + token.text.len(), value: Value::string(bytes) }
                }
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
        let name: Rc<str> = token.text.as_ref().into();
        if !self.current.variables.contains(&name) {
            return self.error(format!("undefined variable {}", quote(name.as_bytes())));
        }
        Ok(Node::Variable { name, fields: Vec::new() })
    }
}
