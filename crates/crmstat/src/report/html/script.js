
"use strict";
(function () {
  var words = document.documentElement.dataset;
  var decimal = document.documentElement.lang === "ru" ? "," : ".";

  function element(name, text, className) {
    var made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function valueOf(cell) {
    return cell.dataset.v === undefined ? cell.title || cell.textContent : cell.dataset.v;
  }

  // Missing values are last in either direction; numbers before texts.
  function compare(one, other, direction) {
    if (one === "" || other === "") return (one === "") - (other === "");
    var numbers = !isNaN(one) && !isNaN(other);
    return direction * (numbers ? one - other : one.localeCompare(other, document.documentElement.lang));
  }

  function sort(table, column, heading) {
    var descending = heading.getAttribute("aria-sort") === "descending";
    var first = heading.classList.contains("n") ? "descending" : "ascending";
    var now = heading.getAttribute("aria-sort");
    var next = now === "none" ? first : descending ? "ascending" : "descending";
    table.tHead.querySelectorAll("th").forEach(function (each) { each.setAttribute("aria-sort", "none"); });
    heading.setAttribute("aria-sort", next);
    var body = table.tBodies[0];
    var direction = next === "ascending" ? 1 : -1;
    Array.from(body.rows)
      .map(function (row, at) { return { row: row, at: at, value: valueOf(row.cells[column]) }; })
      .sort(function (a, b) { return compare(a.value, b.value, direction) || a.at - b.at; })
      .forEach(function (each) { body.appendChild(each.row); });
  }

  function tsvCell(cell) {
    var text = valueOf(cell);
    var isText = cell.dataset.v === undefined;
    // What a spreadsheet would run as a formula gets a quote before it.
    if (isText && /^[\s'\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text)) text = "'" + text;
    // Pasted numbers have the decimal sign of the reader's language.
    if (!isText && decimal === "," && /^-?[0-9.]+$/.test(text)) text = text.replace(".", ",");
    return text.replace(/[\t\n\r]+/g, " ");
  }

  function tsv(table) {
    return Array.from(table.rows)
      .filter(function (row) { return !row.hidden; })
      .map(function (row) { return Array.from(row.cells).map(tsvCell).join("\t"); })
      .join("\n") + "\n";
  }

  function copy(text, done) {
    function byHand() {
      var area = element("textarea");
      area.value = text;
      document.body.appendChild(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      done();
    }
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand);
    else byHand();
  }

  // A table that is wider than the screen says so.
  var swipes = [];
  function mark() {
    swipes.forEach(function (each) {
      each[1].classList.toggle("on", each[0].scrollWidth > each[0].clientWidth + 1);
    });
  }

  document.querySelectorAll("table").forEach(function (table) {
    var name = table.caption.textContent;
    table.tHead.querySelectorAll("th").forEach(function (heading, column) {
      var button = element("button", heading.textContent);
      button.type = "button";
      button.title = heading.title || words.sort + " " + heading.textContent;
      heading.textContent = "";
      heading.appendChild(button);
      heading.setAttribute("aria-sort", "none");
      button.addEventListener("click", function () { sort(table, column, heading); });
    });
    var tools = element("div", "", "tools");
    if (table.tBodies[0].rows.length > 8) {
      var filter = element("input");
      filter.type = "search";
      filter.placeholder = words.filter;
      filter.setAttribute("aria-label", words.filter + ": " + name);
      filter.addEventListener("input", function () {
        var wanted = filter.value.toLowerCase();
        Array.from(table.tBodies[0].rows).forEach(function (row) {
          row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
        });
      });
      tools.appendChild(filter);
    }
    var button = element("button", words.copy);
    button.type = "button";
    button.setAttribute("aria-label", words.copy + ": " + name);
    button.addEventListener("click", function () {
      copy(tsv(table), function () {
        button.textContent = words.copied;
        setTimeout(function () { button.textContent = words.copy; }, 1500);
      });
    });
    tools.appendChild(button);
    table.parentNode.before(tools);
    var swipe = element("p", words.swipe, "swipe");
    tools.before(swipe);
    swipes.push([table.parentNode, swipe]);
  });

  // Of charts that answer the same question one is shown, by name; all of them on paper.
  document.querySelectorAll(".panes").forEach(function (panes) {
    var all = Array.from(panes.querySelectorAll(".pane"));
    if (all.length < 2) return;
    var chooser = element("div", "", "chooser");
    chooser.setAttribute("role", "group");
    var buttons = all.map(function (pane) {
      var button = element("button", pane.dataset.name);
      button.type = "button";
      button.addEventListener("click", function () { choose(pane); });
      chooser.appendChild(button);
      return button;
    });
    function choose(chosen) {
      all.forEach(function (pane, at) {
        pane.hidden = pane !== chosen;
        buttons[at].setAttribute("aria-pressed", pane === chosen);
      });
      mark();
    }
    panes.prepend(chooser);
    choose(all[0]);
  });

  // Paper has no clicks.
  var folds = document.querySelectorAll("details.fold");
  addEventListener("beforeprint", function () {
    folds.forEach(function (fold) { fold.dataset.was = fold.open; fold.open = true; });
  });
  addEventListener("afterprint", function () {
    folds.forEach(function (fold) { fold.open = fold.dataset.was === "true"; });
  });

  mark();
  addEventListener("resize", mark);
  document.addEventListener("toggle", mark, true);

  var tip = document.getElementById("tip");
  document.addEventListener("pointermove", function (event) {
    var mark = event.target.closest && event.target.closest("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    var box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + "px";
    tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - box.height - 8)) + "px";
  });
})();
