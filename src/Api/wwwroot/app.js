// @ts-check
import { Confirmation } from "./components/dialog.js";
import { Icon } from "./components/icon.js";
import { ErrorNote, Loading, Messages } from "./components/messages.js";
import { isOnline } from "./lib/api.js";
import { html, render, useEffect, useRef, useState } from "./lib/html.js";
import { href, route } from "./lib/router.js";
import { useStore } from "./lib/store.js";

/**
 * The pages, each in a file of its own that is loaded when it is first shown.
 * @type {Record<string, { word: string, load: () => Promise<{ Page: any }> }>}
 */
const pages = {
  try: { word: "Try", load: () => import("./pages/try.js") },
  builder: { word: "Builder", load: () => import("./pages/builder.js") },
  inside: { word: "Inside", load: () => import("./pages/inside.js") },
  data: { word: "Train", load: () => import("./pages/data.js") },
  models: { word: "Models", load: () => import("./pages/models.js") },
  live: { word: "Live", load: () => import("./pages/live.js") },
  key: { word: "Key", load: () => import("./pages/key.js") },
};

function App() {
  const current = useStore(route);
  const online = useStore(isOnline);
  const name = Object.hasOwn(pages, current.page) ? current.page : "try";
  const main = useRef(/** @type {HTMLElement | null} */ (null));

  useEffect(() => {
    document.title = `${pages[name].word} · Model Service`;
  }, [name]);

  return html`
    <a class="skip" href="#main" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      main.current?.focus();
    }}>Skip to the content</a>
    <div class="frame">
      <nav class="rail" aria-label="Pages">
        <a class="brand" href=${href("try")}><img src="icon.svg" alt="" width="20" height="20" />Model Service</a>
        <ul>
          ${Object.entries(pages).map(
            ([page, { word }]) => html`
              <li key=${page}>
                <a href=${href(page)} aria-current=${page === name ? "page" : undefined}>
                  <${Icon} name=${page} />${word}
                </a>
              </li>
            `,
          )}
        </ul>
        <p class="foot"><a href="swagger">API</a></p>
      </nav>
      <div>
        <div role="status">
          ${!online && html`<p class="banner">The server does not answer. The page goes on when it is back.</p>`}
        </div>
        <main id="main" class="page-${name}" tabindex="-1" ref=${main}>
          <${Shown} key=${name} name=${name} route=${current} />
        </main>
      </div>
    </div>
    <${Confirmation} />
    <${Messages} />
  `;
}

/** @param {{ name: string, route: import("./lib/router.js").Route }} props */
function Shown({ name, route: current }) {
  const [loaded, setLoaded] = useState(/** @type {{ Page?: any, error?: any }} */ ({}));
  useEffect(() => {
    let wanted = true;
    pages[name].load().then(
      ({ Page }) => wanted && setLoaded({ Page }),
      (error) => wanted && setLoaded({ error }),
    );
    return () => {
      wanted = false;
    };
  }, [name]);
  if (loaded.error) return html`<${ErrorNote} error=${loaded.error} retry=${() => location.reload()} />`;
  return loaded.Page ? html`<${loaded.Page} route=${current} />` : html`<${Loading} />`;
}

render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
