// Attendance on a telephone with a shaky connection: each tap is sent at once, what fails is kept and sent again until the
// server has it. The queue in the browser holds numbers and marks alone, no names. Without this file the page is a plain form.
"use strict";

(() => {
  const owner = document.querySelector("[data-attendance-user]");
  if (!owner) return;
  const form = document.querySelector("[data-attendance]");
  const words = form ? form.dataset : {};
  const STORE = `mikrolaan-marks-${owner.dataset.attendanceUser}`;
  const RETRY = [2000, 4000, 8000, 15000];
  const TIMEOUT_MS = 10000;
  let memory = [];
  let sending = false;
  let failures = 0;
  let timer = 0;

  // --- The queue: {key, url, seat, mark, at} --------------------------------------------------------------------------------
  const read = () => {
    try { return JSON.parse(window.localStorage.getItem(STORE)) || []; } catch { return memory; }
  };
  const write = (items) => {
    memory = items;
    try {
      if (items.length) window.localStorage.setItem(STORE, JSON.stringify(items));
      else window.localStorage.removeItem(STORE);
    } catch { /* no storage: it lives as long as the page, which warns before it is left */ }
  };
  const drop = (key) => write(read().filter((item) => item.key !== key));

  const newKey = () => {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  // --- What is shown ----------------------------------------------------------------------------------------------------------
  const place = (seat) => (form ? form.querySelector(`[data-seat="${seat}"]`) : null);
  const show = (seat, tone, text) => {
    const row = place(seat);
    if (!row) return;
    const line = row.querySelector("[data-saved]");
    line.dataset.tone = tone;
    line.textContent = text;
  };
  const choose = (seat, mark) => {
    const row = place(seat);
    const button = row && row.querySelector(`input[value="${mark}"]`);
    if (button) button.checked = true;
  };
  let told = "";
  const sum = () => {
    if (!form) return;
    const waiting = read().filter((item) => item.url === words.markUrl).length;
    form.querySelector("[data-marked]").textContent = String(form.querySelectorAll("[data-seat] input:checked").length);
    const line = form.querySelector("[data-saving]");
    const text = waiting ? (failures ? words.failed : words.sending) : words.done;
    line.dataset.tone = waiting && failures ? "bad" : "";
    line.textContent = text;
    // Read out when it changes for the worse or is well again, not at each tap.
    if (text !== words.sending && text !== told) {
      const region = document.getElementById("announcer");
      if (region && told) region.textContent = text;
      told = text;
    }
  };

  // --- Sending: one after the other, in the order they were tapped ------------------------------------------------------------
  const token = () => {
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    const field = document.querySelector("input[name=csrfmiddlewaretoken]");
    return cookie ? cookie[1] : (field && field.value) || "";
  };

  const post = (item) => {
    const body = new URLSearchParams({
      key: item.key, enrolment: item.seat, mark: item.mark, age: String(Math.max(Date.now() - item.at, 0)),
    });
    const stop = new AbortController();
    const limit = window.setTimeout(() => stop.abort(), TIMEOUT_MS);
    return window.fetch(item.url, {
      method: "POST", body, headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" },
      redirect: "manual", signal: stop.signal,
    }).finally(() => window.clearTimeout(limit));
  };

  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(flush, RETRY[Math.min(failures, RETRY.length) - 1]);
  };

  const failed = (text) => {
    failures += 1;
    read().forEach((item) => { if (item.url === words.markUrl) show(item.seat, "bad", text); });
    later();
    return false;
  };

  const answered = async (item, response) => {
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) return failed(words.loggedOut || "");
    if (response.status >= 500 || response.status === 429 || response.status === 0) return failed(words.retry || "");
    const answer = await response.json().catch(() => ({}));
    drop(item.key);
    failures = 0;
    const more = read().some((other) => other.url === item.url && other.seat === item.seat);
    if (item.url !== words.markUrl || more) return true;
    if (answer.mark) choose(item.seat, answer.mark);
    show(item.seat, response.ok ? "good" : "bad", answer.text || words.refused || "");
    document.dispatchEvent(new CustomEvent("mk:alive"));
    return true;
  };

  const flush = async () => {
    if (sending) return;
    sending = true;
    window.clearTimeout(timer);
    try {
      for (let item = read()[0]; item; item = read()[0]) {
        let response;
        try { response = await post(item); } catch { failed(words.retry || ""); break; }
        if (!(await answered(item, response))) break;
        sum();
      }
    } finally {
      sending = false;
      sum();
    }
  };

  // --- Taps -------------------------------------------------------------------------------------------------------------------
  if (form) {
    form.classList.add("is-live");
    form.addEventListener("change", (event) => {
      const row = event.target.closest("[data-seat]");
      if (!row) return;
      write([...read(), { key: newKey(), url: words.markUrl, seat: row.dataset.seat, mark: event.target.value, at: Date.now() }]);
      show(row.dataset.seat, failures ? "bad" : "", failures ? words.retry : words.saving);
      sum();
      flush();
    });
    window.addEventListener("beforeunload", (event) => {
      if (read().some((item) => item.url === words.markUrl)) event.preventDefault();
    });
    // What was tapped before the page was closed or drawn anew.
    read().forEach((item) => {
      if (item.url !== words.markUrl) return;
      choose(item.seat, item.mark);
      show(item.seat, "bad", words.retry);
    });
  }
  window.addEventListener("online", () => { failures = 0; flush(); });
  window.addEventListener("focus", flush);
  sum();
  flush();
})();
