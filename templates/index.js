// Sorts and filters the documents of this page. Without it every document is there, in the order in which it was read.
(() => {
  const find = (id) => document.getElementById(id);
  const body = document.querySelector(".list tbody");
  const number = (text) => (text ? Number(text) : Infinity);
  const documents = [...body.rows].map((row, place) => ({
    row,
    place,
    text: row.textContent.toLowerCase(),
    name: row.querySelector(".src").textContent,
    folder: row.dataset.folder,
    answer: row.dataset.answer,
    marks: row.dataset.marks.split(" ").filter(Boolean),
    confidence: number(row.dataset.confidence),
    agreement: number(row.dataset.agreement),
  }));
  const checks = ["complete", "order", "agree", "deletion"];
  const lost = (one) => checks.filter((check) => one.marks.includes(check)).length;
  const by = (name) => (a, b) => (a[name] < b[name] ? -1 : a[name] > b[name] ? 1 : 0);
  const orders = {
    read: () => 0,
    name: by("name"),
    answer: by("answer"),
    confidence: by("confidence"),
    agreement: by("agreement"),
    checks: (a, b) => lost(b) - lost(a),
  };

  const offer = (name) => {
    const values = [...new Set(documents.map((one) => one[name]).filter(Boolean))].sort();
    find(name).append(...values.map((value) => new Option(value, value)));
    find(name).parentElement.hidden = values.length < 2;
  };

  // The words that rows do not show, each with the places of the rows whose documents have it.
  const unshown = find("words").content.textContent.split("\n").filter(Boolean).map((line) => {
    const end = line.lastIndexOf(" ");
    return { word: line.slice(0, end), places: line.slice(end + 1).match(/../g).map((place) => parseInt(place, 36)) };
  });
  const placesOf = (part) => new Set(unshown.flatMap((one) => (one.word.includes(part) ? one.places : [])));

  const choose = () => {
    const parts = find("seek").value.toLowerCase().split(/\s+/).filter(Boolean);
    const sought = parts.map((part) => ({ part, places: placesOf(part) }));
    const mark = document.querySelector("[name=mark]:checked").value;
    const [folder, answer] = [find("folder").value, find("answer").value];
    const fits = (one) =>
      (!mark || one.marks.includes(mark)) &&
      (!folder || one.folder === folder) &&
      (!answer || one.answer === answer) &&
      sought.every(({ part, places }) => one.text.includes(part) || places.has(one.place));
    let shown = 0;
    for (const one of documents) shown += !(one.row.hidden = !fits(one));
    find("told").textContent = `${shown} of ${documents.length} ${find("told").dataset.of}`;
  };

  let sorted = "read";
  const sort = () => {
    if (sorted === find("sort").value) return;
    sorted = find("sort").value;
    body.append(...[...documents].sort(orders[sorted]).map((one) => one.row));
  };

  // The heads of the columns stand below the controls, however many lines these take.
  const measure = new ResizeObserver(() => document.body.style.setProperty("--controls", `${find("controls").offsetHeight}px`));
  measure.observe(find("controls"));

  offer("folder");
  offer("answer");
  find("controls").hidden = false;
  find("controls").addEventListener("input", choose);
  find("sort").addEventListener("input", sort);
  addEventListener("pageshow", () => (choose(), sort()));
})();
