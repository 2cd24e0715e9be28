// Conversations to try the workbench with. The last turn is the customer's and is answered when the case is opened.

const customer = (text) => ({ role: "customer", text });
const agent = (text) => ({ role: "agent", text });

export const CASES = [
  {
    id: "late", title: "催发货，越说越急",
    context: { customer_name: "王女士", order_id: "20261120137", product: "空气炸锅", carrier: "中通快递" },
    turns: [customer("我周一下的单，什么时候能发呀"), agent("您好，我帮您看一下。"),
      customer("五天了还没发货！天天说快了快了，你们是不是骗子，今天不给说法我就去12315投诉！")],
  },
  {
    id: "allergy", title: "面霜过敏",
    context: { customer_name: "陈女士", order_id: "20261118842", product: "舒缓面霜", industry: "cosmetics" },
    turns: [customer("用了你们家面霜，第二天整张脸又红又肿，医生说是接触性皮炎，病历我都有，你们说怎么办吧")],
  },
  {
    id: "milk", title: "奶粉结块，宝宝喝了拉肚子",
    context: { customer_name: "李先生", order_id: "20261115033", product: "婴儿配方奶粉", industry: "food" },
    turns: [customer("刚开的奶粉里面全是硬块，颜色也发黄，我家宝宝才八个月，喝完拉肚子两天了，你们卖的到底是什么东西？？")],
  },
  {
    id: "fake", title: "怀疑假货，要打 12315",
    context: { customer_name: "赵先生", order_id: "20261109275", product: "运动鞋" },
    turns: [customer("拿去专柜一对比，鞋标和走线都不一样，这是假的吧。假一赔三写在页面上的，不处理我直接打12315")],
  },
  {
    id: "polite", title: "礼貌询问到货时间",
    context: { customer_name: "周女士", order_id: "20261122310", carrier: "顺丰速运" },
    turns: [customer("您好，请问我的快递大概什么时候能到呀？周末要带去外地，麻烦帮忙看一下，谢谢")],
  },
  {
    id: "refund", title: "退款一直没到账",
    context: { customer_name: "孙先生", order_id: "20261106518", product: "蓝牙耳机" },
    turns: [customer("退货你们上周三就签收了，钱到现在还没退回来，我都问第三遍了，到底退不退？")],
  },
  {
    id: "followup", title: "省略的追问",
    context: { customer_name: "吴女士", order_id: "20261121066", product: "落地灯" },
    turns: [customer("收到的灯罩裂了一道口子，要怎么换？"), agent("给您添麻烦了，我来帮您办换货，灯罩单独补发给您就可以。"),
      customer("那多久？")],
  },
  {
    id: "sarcasm", title: "反话夸人",
    context: { customer_name: "郑先生", order_id: "20261117904" },
    turns: [customer("你们客服真是太厉害了，转了四个人，每个人都让我把问题重新说一遍，这服务我给满分👏👏")],
  },
  {
    id: "damage", title: "快递压坏了",
    context: { customer_name: "冯女士", order_id: "20261119471", product: "陶瓷花瓶", carrier: "圆通速递" },
    turns: [customer("箱子一打开就傻眼了，花瓶碎成好几块，这是要送朋友乔迁的，明天就要用，真的很失望")],
  },
  {
    id: "harassment", title: "骚扰与谩骂",
    context: {},
    turns: [customer("小妹妹声音好听吗，加个微信呗"), agent("您好，我是售后客服，请问订单上有什么需要处理的吗？"),
      customer("装什么装，给脸不要脸，废物一个，我天天来骂你信不信")],
  },
  {
    id: "thanks", title: "道谢",
    context: { customer_name: "何女士" },
    turns: [customer("补发的零件收到啦，装上就好了，谢谢你这么耐心，辛苦了~")],
  },
  {
    id: "price", title: "买完就降价",
    context: { customer_name: "许先生", order_id: "20261120555", product: "扫地机器人" },
    turns: [customer("前天刚买的，今天一看便宜了三百块，这也太坑了吧，能不能把差价补给我？")],
  },
  {
    id: "coupon", title: "优惠券用不了",
    context: { customer_name: "曹女士", product: "羽绒服" },
    turns: [customer("直播间领的满300减50，结算的时候说不可用，活动今晚就结束了，帮我看看是怎么回事")],
  },
  {
    id: "privacy", title: "信息泄露",
    context: { customer_name: "邓女士", order_id: "20261112690" },
    turns: [customer("刚在你们家下完单，骗子就打电话来，姓名电话买了什么全对得上！你们是不是把我信息卖了？我要你们给个说法")],
  },
];
