// Keeps pages up to date. Every page works without it: it then reloads itself, or is read as it was sent.
"use strict";

(() => {
  const SECONDS_BETWEEN_LOOKS = 2;
  const WORDS = { queued: "Waiting for a free worker.", running: "Being computed." };

  // a job: its events, one by one, up to its end
  const watched = document.querySelector("[data-events]");
  if (watched) {
    const source = new EventSource(watched.dataset.events);
    source.addEventListener("progress", (event) => tell(JSON.parse(event.data)));
    source.addEventListener("end", (event) => {
      source.close();
      const job = JSON.parse(event.data);
      const isHere = typeof job.result === "string" && job.result.startsWith("/v1/");
      if (job.state === "done" && isHere) {
        location.replace(job.result.slice("/v1".length));
      } else {
        location.reload();
      }
    });
    addEventListener("pagehide", () => source.close());
  }

  function tell(job) {
    const state = watched.querySelector("[data-state]");
    if (state && job.state in WORDS && state.textContent !== WORDS[job.state]) {
      state.textContent = WORDS[job.state];
    }
    const bar = watched.querySelector("progress");
    const figure = watched.querySelector("[data-figure]");
    if (!bar || !job.progress) return;
    bar.max = job.progress.total;
    bar.value = job.progress.done;
    const percent = Math.floor((100 * job.progress.done) / job.progress.total);
    const pass = job.progress.pass > 1 ? `, pass ${job.progress.pass}` : "";
    if (figure) figure.textContent = `${job.progress.done} of ${job.progress.total} (${percent} %)${pass}`;
  }

  // a list with jobs under way: the same page fetched anew, its list put in place of the old one
  const look = async () => {
    const list = document.querySelector("[data-refresh]");
    if (!list) return;
    if (!document.hidden && !list.contains(document.activeElement)) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const anew = answer.ok && page.getElementById(list.id);
        if (anew) list.replaceWith(anew);
      } catch {
        // the server is away: look again later
      }
    }
    setTimeout(look, 1000 * SECONDS_BETWEEN_LOOKS);
  };
  setTimeout(look, 1000 * SECONDS_BETWEEN_LOOKS);

  // what is long is copied with a button, where the browser lets pages do that
  if (navigator.clipboard) {
    for (const button of document.querySelectorAll("button[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "copied";
      });
    }
  }

  // a report inside a page is as tall as it is long
  for (const frame of document.querySelectorAll("iframe[data-tall]")) {
    const fit = () => {
      const inside = frame.contentDocument;
      if (inside && inside.body && inside.URL !== "about:blank") {
        frame.style.height = `${inside.documentElement.scrollHeight + 4}px`;
        for (const part of inside.querySelectorAll("details")) part.addEventListener("toggle", fit, { once: true });
      }
    };
    frame.addEventListener("load", fit);
    addEventListener("resize", fit);
    fit();
  }
})();
