// The API reference, drawn from /openapi.json; no other host is asked for anything.

import { get } from "./api.js";
import { h } from "./dom.js";

const METHODS = ["get", "post", "patch", "put", "delete"];
const CODES = [
  ["invalid_json", 400, "请求体不是合法的 UTF-8 JSON"], ["bad_idempotency_key", 400, "Idempotency-Key 长度不对"],
  ["cross_site", 403, "请求来自其他网站的页面"],
  ["supervisor_required", 403, "草稿不得发送，只有主管可以放行"], ["supervisor_code_wrong", 403, "主管码不对"],
  ["not_found", 404, "没有这个地址或这条内容"], ["method_not_allowed", 405, "这个地址不支持该方法"],
  ["conflict", 409, "revision 已过期，versions 里有双方的版本；或 Idempotency-Key 用于另一个请求"],
  ["override_not_needed", 409, "草稿可以直接发送，不需要说明理由"], ["too_many_attempts", 429, "主管码错得太多，Retry-After 里是要等的秒数"],
  ["payload_too_large", 413, "请求体超过上限"], ["unsupported_media_type", 415, "Content-Type 不是 application/json"],
  ["host_not_allowed", 421, "本机模式不接受这个主机名"], ["invalid_input", 422, "字段有误，errors 里逐个说明"],
  ["internal", 500, "服务内部错误"], ["not_ready", 503, "服务还没准备好"], ["storage_unavailable", 503, "数据库不可用"],
];

const article = document.querySelector(".pages");
const toc = document.querySelector(".toc");

function draw(spec) {
  const groups = new Map();
  for (const [path, operations] of Object.entries(spec.paths)) {
    for (const method of METHODS.filter((one) => operations[one])) {
      const tag = operations[method].tags?.[0] ?? "其他";
      groups.set(tag, [...(groups.get(tag) ?? []), { path, method, ...operations[method] }]);
    }
  }
  toc.replaceChildren(...[...groups].map(([tag, rows]) => h("section", {}, h("h2", { class: "small quiet" }, tag),
    h("ul", {}, rows.map((row) => h("li", {}, h("a", { href: `#${anchor(row)}` }, h("code", {}, `${row.method.toUpperCase()} ${row.path}`))))))));
  article.replaceChildren(
    h("header", {}, h("h1", {}, `${spec.info.title} ${spec.info.version}`), h("p", {}, spec.info.description),
      h("p", { class: "small quiet" }, "机器可读的描述:", h("a", { href: "/openapi.json" }, "/openapi.json"))),
    ...[...groups.values()].flat().map((row) => operation(row, spec)), errors());
  article.setAttribute("aria-busy", "false");
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

const anchor = ({ method, path }) => `${method}${path.replace(/[^a-z0-9]+/gi, "-")}`;

function operation(row, spec) {
  const sent = row.requestBody?.content?.["application/json"];
  const [ok] = Object.entries(row.responses).filter(([status]) => status.startsWith("2"));
  const returned = ok?.[1].content?.["application/json"]?.schema;
  return h("section", { class: "operation", id: anchor(row) },
    h("h2", {}, h("code", {}, h("span", { class: `method ${row.method}` }, row.method.toUpperCase()), ` ${row.path}`)), h("p", {}, row.summary),
    row.parameters?.length && [h("h3", {}, "参数"), fields(row.parameters.map(({ name, required, schema, description }) => [name, type(schema), required, description]))],
    sent && [h("h3", {}, "请求体"), schema(sent.schema, spec),
      Object.entries(sent.examples ?? {}).map(([name, { value }]) => [h("p", { class: "small quiet" }, `示例:${name}`), h("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2))])],
    returned?.$ref && [h("h3", {}, `返回 ${ok[0]}`), schema(returned, spec)],
    h("p", { class: "small quiet" }, "可能的状态:", Object.entries(row.responses).map(([status, { description }]) => `${status} ${description}`).join(" · ")));
}

function schema({ $ref: ref }, spec) {
  const name = ref?.split("/").pop();
  const found = spec.components.schemas[name];
  if (!found?.properties) return h("p", { class: "quiet" }, name ?? "");
  const required = new Set(found.required ?? []);
  const rows = Object.entries(found.properties).map(([field, value]) => [field, type(value), required.has(field), value.description]);
  const nested = [...new Set(JSON.stringify(found.properties).match(/schemas\/\w+/g) ?? [])].map((one) => one.split("/")[1]).filter((one) => one !== name);
  return [fields(rows), nested.map((one) => h("details", {}, h("summary", { class: "small" }, `${one} 的字段`), schema({ $ref: `/${one}` }, spec)))];
}

function fields(rows) {
  return h("div", { class: "scroll" }, h("table", {}, h("tbody", {}, rows.map(([name, kind, required, text]) => h("tr", {},
    h("td", {}, h("code", {}, name)), h("td", { class: "quiet" }, kind), h("td", {}, required ? "必填" : ""), h("td", { class: "small" }, text ?? ""))))));
}

function type(value) {
  if (value.$ref) return value.$ref.split("/").pop();
  if (value.anyOf) return [...new Set(value.anyOf.map(type))].join(" | ");
  if (value.enum) return value.enum.join(" | ");
  if (value.const !== undefined) return JSON.stringify(value.const);
  if (value.type === "array") return `${value.items ? type(value.items) : "…"}[]`;
  return value.type ?? "object";
}

function errors() {
  return h("section", { class: "operation" }, h("h2", {}, "错误"),
    h("p", {}, "所有错误都是 RFC 9457 的 application/problem+json:type、title、status、detail、code、request_id;422 另有 errors,409 另有 versions。"),
    h("div", { class: "scroll" }, h("table", {}, h("tbody", {}, CODES.map(([code, status, text]) => h("tr", { id: code },
      h("td", {}, h("code", {}, code)), h("td", {}, String(status)), h("td", {}, text)))))));
}

get("/openapi.json").then(draw, (error) => article.replaceChildren(h("p", { class: "notice danger", role: "alert" }, error.message)));
