// Names of states, severities and groups of types that the taxonomy does not carry.

export const STATES = { draft: "草稿", review: "待审核", published: "已发布", retired: "已下架" };
export const STATE_KINDS = { draft: "", review: "warn", published: "ok", retired: "danger" };

export const FIELDS = {
  id: "编号", title: "标题", types: "投诉类型", techniques: "技巧", stage: "六步法步骤", intensity: "适用情绪", severity_limit: "一线可用的最高级别",
  use_when: "什么时候用", avoid_when: "什么时候别用", phrasings: "客户会怎么说", reply: "回复", "avoid.text": "错误做法", "avoid.reason": "错在哪里",
  sources: "来源", platforms: "限定平台", industries: "限定行业", risks: "限定风险",
};

const DOMAINS = {
  logistics: "物流", product: "商品", aftersales: "售后", order: "订单", price: "价格", marketing: "营销", service: "服务",
  account: "账号", invoice: "发票", telecom: "通信", consult: "咨询", chat: "寒暄", abuse: "骚扰",
};

/** Types grouped by what stands before the dot: [{name, types: [[id, name]]}]. */
export function domains(types) {
  const groups = new Map();
  for (const [id, name] of Object.entries(types)) {
    const domain = id.split(".")[0];
    if (!groups.has(domain)) groups.set(domain, { name: DOMAINS[domain] ?? domain, types: [] });
    groups.get(domain).types.push([id, name]);
  }
  return [...groups.values()];
}
