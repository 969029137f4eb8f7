// Sphinx's own scores, and on top of them the kind of page: a chapter is read before an entry is looked up.
const KINDS = [
  [/^book\/\d\d_/, 1000],
  [/^book\/(glossary|questions|notation|concepts)$/, 600],
  [/^book\/(?!interface)/, 400],
  [/^exercises\//, 200],
];
var Scorer = {
  score: ([page, title, anchor, description, score]) => score + (KINDS.find(([kind]) => kind.test(page)) || [0, 0])[1],
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
