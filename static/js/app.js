// What the pages do beyond plain links and forms. Everything works without this file; no inline handlers, no eval.
"use strict";

(() => {
  const body = document.body;
  const data = body.dataset;
  const $$ = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const on = (name, handler, options) => document.addEventListener(name, handler, options);
  const visible = (element) => Boolean(element && element.getClientRects().length);

  // --- Live region ---------------------------------------------------------------------------------------------------
  const announce = (text) => {
    const region = document.getElementById("announcer");
    region.textContent = "";
    window.setTimeout(() => { region.textContent = text; }, 50);
  };

  // --- Errors first: the summary takes focus; its links go to the field ------------------------------------------------
  const focusErrors = (root) => {
    const summary = root.querySelector("[data-error-summary]");
    if (summary) summary.focus();
    return Boolean(summary);
  };

  on("click", (event) => {
    const link = event.target.closest("[data-error-summary] a[href^='#']");
    if (!link) return;
    const field = document.getElementById(link.getAttribute("href").slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    (field.closest("[id^='div_']") || field).scrollIntoView({ block: "nearest" });
  });

  // --- Forms: our own messages instead of the browser's; one press sends once --------------------------------------------
  const prepareForms = (root) => $$("form", root).forEach((form) => { form.noValidate = true; });

  const release = (form) => {
    delete form.dataset.sending;
    $$("[data-was-enabled]", form).forEach((button) => {
      button.removeAttribute("data-was-enabled");
      button.disabled = false;
    });
  };

  on("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "1";
    // After the browser has collected the values, or the pressed button's own value would be lost.
    window.setTimeout(() => {
      $$("button:not([type=button]):not(:disabled), input[type=submit]:not(:disabled)", form).forEach((button) => {
        button.dataset.wasEnabled = "1";
        button.disabled = true;
      });
    }, 0);
    // A download answers without a new page.
    window.setTimeout(() => release(form), 10000);
  });

  window.addEventListener("pageshow", () => $$("form[data-sending]").forEach(release));

  // After a log-in in another window the token on this page is old; the cookie has the new one, and nothing typed is lost.
  const freshToken = () => {
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    if (cookie) $$("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = cookie[1]; });
  };
  window.addEventListener("focus", freshToken);

  // --- Menus: one open at a time, Escape closes and gives focus back ------------------------------------------------------
  on("click", (event) => {
    $$("details.mk-dropdown[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const button = event.target.closest("[data-menu-button]");
    if (button) {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      $$(".mk-nav, .mk-user").forEach((part) => part.classList.toggle("is-open", open));
    }
    const closer = event.target.closest("[data-close-dialog]");
    if (closer) closer.closest("dialog").close();
    const printer = event.target.closest("[data-print]");
    if (printer) window.print();
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      navigator.clipboard.writeText(copier.dataset.copy).then(() => announce(copier.dataset.copied || ""));
    }
  });

  const closeMenu = () => {
    const menu = document.querySelector("details.mk-dropdown[open]");
    if (!menu) return false;
    menu.open = false;
    menu.querySelector("summary").focus();
    return true;
  };

  // --- Tick rows: count in the bulk bar, tick all ------------------------------------------------------------------------
  const countTicks = (form) => {
    const rows = $$(".mk-cell-check input[type=checkbox]:not([data-check-all])", form);
    const ticked = rows.filter((row) => row.checked).length;
    $$("[data-ticked]", form).forEach((place) => { place.textContent = String(ticked); });
    $$("[data-check-all]", form).forEach((all) => {
      all.checked = ticked > 0 && ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    });
  };

  on("change", (event) => {
    const box = event.target;
    if (!box.form || !box.closest(".mk-cell-check")) return;
    if ("checkAll" in box.dataset) {
      $$(".mk-cell-check input[type=checkbox]:not([data-check-all])", box.form).forEach((row) => { row.checked = box.checked; });
    }
    countTicks(box.form);
  });

  // --- Keyboard (off while typing, and off for users who switched it off) --------------------------------------------------
  const typing = (element) => element.matches("input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]");
  const modal = () => document.querySelector("dialog[open]");
  let first = "";
  let firstTimer = 0;

  const press = (selector) => {
    const target = $$(selector).find(visible);
    if (!target) return false;
    if (target.matches("a, button, summary")) target.click();
    else target.focus();
    return true;
  };

  const goTo = (address) => {
    if (!address) return false;
    window.location.assign(address);
    return true;
  };

  const singleKey = (key) => {
    if (first === "g" && key === "m") return goTo(data.homeUrl);
    if (key === "/") return press("#search-q");
    if (key === "n") return press("[data-shortcut='n']");
    if (key === "?") return goTo(data.helpUrl);
    return false;
  };

  on("keydown", (event) => {
    if (event.key === "Escape" && closeMenu()) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit(event.target.form.querySelector("[data-save]"));
      return;
    }
    // Enter in a tick box would press the first button of the form, which belongs to another row.
    if (event.key === "Enter" && event.target.closest(".mk-cell-check")) event.preventDefault();
    if (data.shortcuts !== "on" || event.ctrlKey || event.metaKey || event.altKey || modal() || typing(event.target)) return;
    if (singleKey(event.key)) event.preventDefault();
    first = event.key;
    window.clearTimeout(firstTimer);
    firstTimer = window.setTimeout(() => { first = ""; }, 1000);
  });

  // --- Search-as-you-type: arrows walk the hits, Escape empties ------------------------------------------------------------
  on("keydown", (event) => {
    const search = event.target.closest("[data-search]");
    if (!search) return;
    const hits = $$(".mk-hits a", search);
    if (event.key === "Escape") {
      search.querySelector(".mk-hits").replaceChildren();
      search.querySelector("input[type=search]").focus();
    }
    if (!hits.length || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const places = [search.querySelector("input[type=search]"), ...hits];
    places[(places.indexOf(document.activeElement) + step + places.length) % places.length].focus();
  });

  on("click", (event) => {
    $$("[data-search]").forEach((search) => { if (!search.contains(event.target)) search.querySelector(".mk-hits").replaceChildren(); });
  });

  // --- Session: a warning two minutes before the end; what other windows do counts too ---------------------------------------
  const WARN_MS = 2 * 60 * 1000;
  const KEY = "mikrolaan-session-until";
  const dialog = document.getElementById("session-dialog");
  const seconds = Number(data.sessionSeconds || 0);

  const keepUntil = () => {
    try { window.localStorage.setItem(KEY, String(Date.now() + seconds * 1000)); } catch { ownUntil = Date.now() + seconds * 1000; }
  };
  let ownUntil = 0;
  const until = () => {
    try { return Number(window.localStorage.getItem(KEY)) || ownUntil; } catch { return ownUntil; }
  };

  const endSession = () => {
    dialog.querySelector("[data-session-warning]").hidden = true;
    dialog.querySelector("[data-session-ended]").hidden = false;
    dialog.querySelector("h2").id = "";
    dialog.querySelector("[data-session-ended] h2").id = "session-title";
    const link = dialog.querySelector("[data-login-link]");
    link.href = `${data.loginUrl}?next=${encodeURIComponent(window.location.pathname)}`;
    if (!dialog.open) dialog.showModal();
    link.focus();
  };

  const watchSession = () => {
    const left = until() - Date.now();
    if (left <= 0) {
      window.clearInterval(watch);
      endSession();
    } else if (left <= WARN_MS) {
      if (!dialog.open) dialog.showModal();
    } else if (dialog.open) {
      dialog.close(); // extended in another window
    }
  };

  let watch = 0;
  if (dialog && seconds && data.extendUrl) {
    keepUntil();
    watch = window.setInterval(watchSession, 5000);
    dialog.querySelector("[data-session-warning]").addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target;
      window.fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" }, redirect: "manual" })
        .then((response) => { if (response.ok) { keepUntil(); dialog.close(); } else { endSession(); } })
        .catch(() => form.submit());
    });
  }

  // Pages that save by themselves keep the session alive.
  on("mk:alive", () => { if (seconds) keepUntil(); });

  // --- htmx: focus and words after a swap, server errors as text -------------------------------------------------------------
  on("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    prepareForms(target);
    if (seconds) keepUntil();
    if (target.id === "search-hits") return;
    if (focusErrors(target)) return;
    const heading = target.querySelector("[data-focus]") || target.querySelector("h2, h3");
    if (heading) {
      heading.setAttribute("tabindex", "-1");
      heading.focus();
    }
    const words = target.querySelector("[data-announce]");
    if (words) announce(words.dataset.announce);
  });

  const showFailure = (event) => {
    const source = event.detail.elt;
    const place = source.closest("form") || source.parentElement;
    place.querySelectorAll(".mk-error-text[data-failure]").forEach((old) => old.remove());
    const words = document.createElement("p");
    words.className = "mk-error-text";
    words.dataset.failure = "1";
    words.setAttribute("role", "alert");
    words.textContent = data.errorText;
    place.append(words);
  };
  on("htmx:responseError", showFailure);
  on("htmx:sendError", showFailure);

  // The tabs of a case are wider than a phone: the current one is brought into view, and the page stays where it is.
  $$(".mk-tabs").forEach((tabs) => {
    const current = tabs.querySelector("[aria-current]");
    if (!current) return;
    const [frame, tab] = [tabs.getBoundingClientRect(), current.getBoundingClientRect()];
    tabs.scrollLeft += tab.left - frame.left - (frame.width - tab.width) / 2;
  });

  prepareForms(document);
  focusErrors(document);
  $$("form:has(.mk-cell-check)").forEach(countTicks);
})();
