//! The statement level of the grammar: lists of text and actions, control structures, definitions.

use std::rc::Rc;

use super::lexer::Lexer;
use super::token::{Delimiters, Kind, Token};
use crate::ast::{Branch, Entry, List, Node, NodeId, Pipe, Tree};
use crate::error::ParseError;
use crate::function::Functions;

/// Blocks and parentheses inside one another. Each costs a few stack frames here and again when the
/// template runs, and the sandbox's stack is small; Go allows 1,000 parentheses in WebAssembly.
pub(super) const MAX_NESTING: usize = 250;

/// Parses `text` into the tree called `name` and those it defines, in order of their ends.
///
/// # Errors
/// The first fault found, with its line.
pub(crate) fn parse(
    name: &str,
    text: &str,
    delimiters: &Delimiters,
    functions: &Functions,
) -> Result<Vec<Tree>, ParseError> {
    let mut lexer = Lexer::new(text, delimiters);
    lexer.break_is_keyword = !functions.contains("break");
    lexer.continue_is_keyword = !functions.contains("continue");
    let name: Rc<str> = name.into();
    let mut parser = Parser {
        lexer,
        functions,
        file: name.clone(),
        text: text.into(),
        done: Vec::new(),
        current: Body::default(),
        pending: Vec::new(),
        ahead: None,
        behind: None,
        last_line: 1,
        action_line: 0,
        nesting: 0,
    };
    let root = parser.top_level()?;
    parser.finish(name, root)?;
    Ok(parser.done)
}

pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) functions: &'t Functions,
    file: Rc<str>,
    text: Rc<str>,
    done: Vec<Tree>,
    pub(super) current: Body<'t>,
    /// Members of the lists that are being read, those of the innermost last.
    pending: Vec<NodeId>,
    /// Tokens put back: the next one, and the one behind it.
    ahead: Option<Token<'t>>,
    behind: Option<Token<'t>>,
    /// Line of the token cut last, be it put back or not: it is the one errors name.
    last_line: usize,
    /// Line of the action being read; 0 outside.
    action_line: usize,
    nesting: usize,
}

/// What belongs to one template; a `define` or `block` starts a new one.
pub(super) struct Body<'t> {
    nodes: Vec<Entry>,
    lists: Vec<NodeId>,
    pub(super) variables: Vec<&'t str>,
    range_depth: usize,
}

impl Default for Body<'_> {
    fn default() -> Self {
        Body { nodes: Vec::new(), lists: Vec::new(), variables: vec!["$"], range_depth: 0 }
    }
}

/// What ended a list.
enum End {
    End,
    /// With the keyword that continues it: `else if`, `else with`.
    Else,
}

/// What one call of `text_or_action` read.
enum Item {
    Node(NodeId),
    End(End),
}

impl End {
    fn source(&self) -> &'static str {
        match self {
            End::End => "{{end}}",
            End::Else => "{{else}}",
        }
    }
}

impl<'t> Parser<'t> {
    pub(super) fn next(&mut self) -> Token<'t> {
        match self.ahead.take() {
            Some(token) => {
                self.ahead = self.behind.take();
                token
            }
            None => self.cut(),
        }
    }

    fn cut(&mut self) -> Token<'t> {
        let token = self.lexer.next_token();
        self.last_line = token.line;
        token
    }

    /// Two tokens at most are ahead at a time.
    pub(super) fn put_back(&mut self, token: Token<'t>) {
        debug_assert!(self.behind.is_none(), "a third token is put back");
        self.behind = self.ahead.replace(token);
    }

    pub(super) fn peek(&mut self) -> Token<'t> {
        if let Some(token) = self.ahead {
            return token;
        }
        let token = self.cut();
        self.ahead = Some(token);
        token
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { template: self.file.to_string(), line: self.last_line, message: message.into() })
    }

    pub(super) fn unexpected<T>(&self, token: &Token<'t>, context: &str) -> Result<T, ParseError> {
        let Some(fault) = self.lexer.fault.as_deref().filter(|_| token.kind == Kind::Error) else {
            return self.error(format!("unexpected {token} in {context}"));
        };
        if self.action_line == 0 || self.action_line == token.line {
            return self.error(fault);
        }
        // "unclosed action in action" would read badly.
        let words = if fault.ends_with(" action") { "" } else { " in action" };
        self.error(format!("{fault}{words} started at {}:{}", self.file, self.action_line))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token<'t>, ParseError> {
        let token = self.next();
        if token.kind == kind { Ok(token) } else { self.unexpected(&token, context) }
    }

    pub(super) fn add(&mut self, pos: usize, node: Node) -> NodeId {
        let id = NodeId(self.current.nodes.len() as u32);
        self.current.nodes.push(Entry { pos, node });
        id
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.current.nodes[id.0 as usize].node
    }

    pub(super) fn pos(&self, id: NodeId) -> usize {
        self.current.nodes[id.0 as usize].pos
    }

    pub(super) fn source(&self, id: NodeId) -> String {
        // Only literals are shown before the tree is done, and they stand alone.
        match self.node(id) {
            Node::Bool(value) => value.to_string(),
            Node::Number(number) => number.text.clone(),
            Node::String { quoted, .. } => self.text[quoted.start..quoted.end].to_owned(),
            Node::Nil => "nil".to_owned(),
            _ => ".".to_owned(),
        }
    }

    /// Begins a list. Its members go to `push` until `close` is told what this gave.
    pub(super) fn open(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn push(&mut self, member: NodeId) {
        self.pending.push(member);
    }

    pub(super) fn close(&mut self, mark: usize) -> List {
        let start = self.current.lists.len() as u32;
        self.current.lists.extend(self.pending.drain(mark..));
        List { start, end: self.current.lists.len() as u32 }
    }

    /// The members of a finished list.
    pub(super) fn list(&self, list: List) -> &[NodeId] {
        &self.current.lists[list.start as usize..list.end as usize]
    }

    /// Runs `read` one level deeper.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.nesting >= MAX_NESTING {
            return self.error("max expression depth exceeded");
        }
        self.nesting += 1;
        let result = read(self);
        self.nesting -= 1;
        result
    }

    /// Adds a finished tree; of two with one name the non-empty one stays.
    fn finish(&mut self, name: Rc<str>, root: List) -> Result<(), ParseError> {
        let Body { nodes, lists, .. } = std::mem::take(&mut self.current);
        let tree = Tree { name, file: self.file.clone(), text: self.text.clone(), nodes, lists, root };
        match self.done.iter().position(|done| done.name == tree.name) {
            None => self.done.push(tree),
            Some(index) if self.done[index].is_empty() => self.done[index] = tree,
            Some(_) if tree.is_empty() => {}
            Some(_) => {
                let name = crate::fmt::quote(tree.name.as_bytes());
                return self.error(format!("template: multiple definition of template {name}"));
            }
        }
        Ok(())
    }

    fn top_level(&mut self) -> Result<List, ParseError> {
        let root = self.open();
        loop {
            match self.peek().kind {
                Kind::Eof => return Ok(self.close(root)),
                Kind::LeftDelim => {
                    let delimiter = self.next();
                    let token = self.next();
                    if token.kind == Kind::Define {
                        self.definition()?;
                        continue;
                    }
                    self.put_back(token);
                    self.put_back(delimiter);
                }
                _ => {}
            }
            match self.text_or_action()? {
                Item::Node(node) => self.push(node),
                Item::End(end) => return self.error(format!("unexpected {}", end.source())),
            }
        }
    }

    fn definition(&mut self) -> Result<(), ParseError> {
        const CONTEXT: &str = "define clause";
        let token = self.next();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.body(name, CONTEXT)
    }

    /// The rest of a `define` or `block`, with variables and nodes of its own.
    fn body(&mut self, name: Rc<str>, context: &str) -> Result<(), ParseError> {
        let outer = std::mem::take(&mut self.current);
        let (root, end) = self.nested(Self::item_list)?;
        if let End::Else = end {
            return self.error(format!("unexpected {} in {context}", end.source()));
        }
        self.finish(name, root)?;
        self.current = outer;
        Ok(())
    }

    fn template_name(&mut self, token: &Token<'t>, context: &str) -> Result<Rc<str>, ParseError> {
        match token.kind {
            Kind::String | Kind::RawString => {
                let name = super::unquote(token.text).or_else(|message| self.error(message))?;
                Ok(String::from_utf8_lossy(&name).into())
            }
            _ => self.unexpected(token, context),
        }
    }

    fn item_list(&mut self) -> Result<(List, End), ParseError> {
        let list = self.open();
        while self.peek().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => self.push(node),
                Item::End(end) => return Ok((self.close(list), end)),
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Item, ParseError> {
        let token = self.next();
        match token.kind {
            Kind::Text => Ok(Item::Node(self.add(token.pos, Node::Text(token.span())))),
            Kind::LeftDelim => {
                self.action_line = token.line;
                let item = self.action()?;
                self.action_line = 0;
                Ok(item)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Result<Item, ParseError> {
        let token = self.next();
        let node = match token.kind {
            Kind::Else => return self.else_control().map(Item::End),
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::End(End::End));
            }
            Kind::Block => self.block()?,
            Kind::Break => self.loop_control(&token, "{{break}}", Node::Break)?,
            Kind::Continue => self.loop_control(&token, "{{continue}}", Node::Continue)?,
            Kind::If | Kind::Range | Kind::With => self.nested(|parser| parser.branch(token.kind))?,
            Kind::Template => self.template()?,
            _ => {
                let pos = token.pos;
                self.put_back(token);
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                self.add(pos, Node::Action { pipe })
            }
        };
        Ok(Item::Node(node))
    }

    fn loop_control(&mut self, token: &Token<'t>, word: &str, node: Node) -> Result<NodeId, ParseError> {
        let next = self.next();
        if next.kind != Kind::RightDelim {
            return self.unexpected(&next, word);
        }
        if self.current.range_depth == 0 {
            return self.error(format!("{word} outside {{{{range}}}}"));
        }
        Ok(self.add(token.pos, node))
    }

    /// Leaves the `if` of `else if` to be read by the branch it continues.
    fn else_control(&mut self) -> Result<End, ParseError> {
        if !matches!(self.peek().kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelim, "else")?;
        }
        Ok(End::Else)
    }

    fn branch(&mut self, keyword: Kind) -> Result<NodeId, ParseError> {
        let scope = self.current.variables.len();
        let branch = self.branch_parts(keyword)?;
        self.current.variables.truncate(scope);
        let pos = self.pos(branch.pipe);
        let node = match keyword {
            Kind::If => Node::If(branch),
            Kind::With => Node::With(branch),
            _ => Node::Range(branch),
        };
        Ok(self.add(pos, node))
    }

    fn branch_parts(&mut self, keyword: Kind) -> Result<Branch, ParseError> {
        let context = match keyword {
            Kind::If => "if",
            Kind::With => "with",
            _ => "range",
        };
        let in_range = usize::from(keyword == Kind::Range);
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        self.current.range_depth += in_range;
        let (list, end) = self.item_list()?;
        self.current.range_depth -= in_range;
        let otherwise = match end {
            End::End => None,
            End::Else => Some(self.otherwise(keyword)?),
        };
        Ok(Branch { pipe, list, otherwise })
    }

    /// `{{else if x}}…{{end}}` is `{{else}}{{if x}}…{{end}}` with the second end left out.
    fn otherwise(&mut self, keyword: Kind) -> Result<List, ParseError> {
        if keyword != Kind::Range && self.peek().kind == keyword {
            self.next();
            let list = self.open();
            let branch = self.nested(|parser| parser.branch(keyword))?;
            self.push(branch);
            return Ok(self.close(list));
        }
        let (list, end) = self.item_list()?;
        match end {
            End::End => Ok(list),
            End::Else => self.error(format!("expected end; found {}", end.source())),
        }
    }

    fn block(&mut self) -> Result<NodeId, ParseError> {
        const CONTEXT: &str = "block clause";
        let token = self.next();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.body(name.clone(), CONTEXT)?;
        Ok(self.add(token.pos, Node::Template { name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Result<NodeId, ParseError> {
        const CONTEXT: &str = "template clause";
        let token = self.next();
        let name = self.template_name(&token, CONTEXT)?;
        let next = self.next();
        let pipe = if next.kind == Kind::RightDelim {
            None
        } else {
            self.put_back(next);
            Some(self.pipeline(CONTEXT, Kind::RightDelim)?)
        };
        Ok(self.add(token.pos, Node::Template { name, pipe }))
    }

    pub(super) fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<(), ParseError> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (stage, command) in self.list(pipe.commands).iter().enumerate().skip(1) {
            let Node::Command { args } = self.node(*command) else { continue };
            if self.is_constant(self.list(*args)[0]) {
                return self.error(format!("non executable command in pipeline stage {}", stage + 1));
            }
        }
        Ok(())
    }

    fn is_constant(&self, id: NodeId) -> bool {
        matches!(self.node(id), Node::Bool(_) | Node::Dot | Node::Nil | Node::Number(_) | Node::String { .. })
    }
}
