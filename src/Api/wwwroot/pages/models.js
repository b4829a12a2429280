// @ts-check
import { html } from "../lib/html.js";
import { useKey } from "../lib/session.js";
import { CreateModel } from "./models/create.js";
import { ModelList } from "./models/list.js";
import { OneModel } from "./models/one.js";

/**
 * The models: all of them, one of them, or a new one.
 * @param {{ route: import("../lib/router.js").Route }} props
 */
export function Page({ route }) {
  const { data } = useKey();
  const mayManage = !data || data.scopes.includes("manage");
  const { parts, query } = route;
  if (parts[0]) return html`<${OneModel} key=${parts[0]} name=${parts[0]} query=${query} mayManage=${mayManage} />`;
  if ("new" in query) return html`<${CreateModel} wanted=${query.base} mayManage=${mayManage} />`;
  return html`<${ModelList} mayManage=${mayManage} />`;
}
