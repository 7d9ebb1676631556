//! The tree builder's sink, which counts elements and their depth.

use std::{
    borrow::Cow,
    cell::{Cell, Ref, RefCell},
};

use html5ever::{
    Attribute, QualName,
    tendril::StrTendril,
    tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
};
use scraper::{Html, HtmlTreeSink};

use super::{MAX_DEPTH, MAX_ELEMENTS};

type NodeId = <HtmlTreeSink as TreeSink>::Handle;

/// Scraper's sink behind a count of elements and of their depth.
pub(super) struct BudgetSink {
    inner: HtmlTreeSink,
    /// Depth of each handle, by its number.
    depths: RefCell<Vec<u16>>,
    pub(super) over: std::rc::Rc<Cell<Option<&'static str>>>,
}

/// A node of the tree and its number among those that were made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handle {
    id: NodeId,
    number: u32,
}

impl BudgetSink {
    pub(super) fn new() -> Self {
        let depths = Vec::with_capacity(2048);
        Self {
            inner: HtmlTreeSink::new(Html::new_document()),
            depths: RefCell::new(depths),
            over: std::rc::Rc::default(),
        }
    }

    fn numbered(&self, id: NodeId) -> Handle {
        let mut depths = self.depths.borrow_mut();
        depths.push(0);
        if depths.len() as u32 > MAX_ELEMENTS {
            self.over.set(Some("elements"));
        }
        Handle {
            id,
            number: depths.len() as u32 - 1,
        }
    }

    fn depth(&self, handle: Handle) -> u16 {
        self.depths.borrow()[handle.number as usize]
    }

    fn placed(&self, child: &NodeOrText<Handle>, depth: u16) {
        if let NodeOrText::AppendNode(child) = child {
            self.depths.borrow_mut()[child.number as usize] = depth;
            if depth > MAX_DEPTH {
                self.over.set(Some("depth"));
            }
        }
    }
}

fn inner(child: NodeOrText<Handle>) -> NodeOrText<NodeId> {
    match child {
        NodeOrText::AppendNode(handle) => NodeOrText::AppendNode(handle.id),
        NodeOrText::AppendText(text) => NodeOrText::AppendText(text),
    }
}

impl TreeSink for BudgetSink {
    type Handle = Handle;
    type Output = Html;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Html {
        self.inner.finish()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.inner.set_quirks_mode(mode);
    }

    fn get_document(&self) -> Handle {
        self.numbered(self.inner.get_document())
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> Ref<'a, QualName> {
        self.inner.elem_name(&target.id)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.numbered(self.inner.create_element(name, attrs, flags))
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.numbered(self.inner.create_comment(StrTendril::new()))
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.numbered(self.inner.create_comment(StrTendril::new()))
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.placed(&child, self.depth(*parent) + 1);
        self.inner.append(&parent.id, inner(child));
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        previous: &Handle,
        child: NodeOrText<Handle>,
    ) {
        self.placed(&child, self.depth(*element).max(self.depth(*previous)) + 1);
        self.inner
            .append_based_on_parent_node(&element.id, &previous.id, inner(child));
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.inner.append_doctype_to_document(name, public, system);
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        let depth = self.depth(*target) + 1;
        let contents = self.numbered(self.inner.get_template_contents(&target.id));
        self.depths.borrow_mut()[contents.number as usize] = depth;
        contents
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        self.placed(&child, self.depth(*sibling));
        self.inner.append_before_sibling(&sibling.id, inner(child));
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        self.inner.add_attrs_if_missing(&target.id, attrs);
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.inner.remove_from_parent(&target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.inner.reparent_children(&node.id, &new_parent.id);
    }
}
