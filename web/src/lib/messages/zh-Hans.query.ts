// 查询写法有误时，程序以英文说明；这里是同样的话，简体中文。

import type { Explained } from './en'

const forms = '可以写成 2024、2024-03、2024-03-05、2024-03..2024-05、march 2024、last week、上周 或 2024年3月5日；日期后面空一格。'

export const simplifiedFaults: Record<string, Explained> = {
  'there is no field of this name': { what: '没有这个名称的字段。', hint: '要照字面寻找的文字，请加上引号。' },
  'this field has no value': { what: '这个字段没有内容。', hint: '请紧接在冒号后面写，中间不要空格。' },
  'a field holds words and phrases, no other field and no NEAR': { what: '字段里只能放字词和引号里的词句，不能放别的字段或 NEAR。', hint: '请写在字段旁边，不要写在里面。' },
  'there is no word to look for in this field': { what: '这个字段里没有可以搜索的字词。', hint: '请在冒号后面写一个。' },
  'this is not a language': { what: '没有这个语言。', hint: '请写成 语言：中文、lang:zh-Hans 或 lang:en。' },
  'a space is named in full': { what: '空间要写出完整的名称。', hint: '资料库页列有所有的空间。' },
  'a folder is named in full': { what: '文件夹要写出完整的名称。', hint: '资料库页列有所有的文件夹。' },
  'this field knows attachments only': { what: '这个字段只能找附件。', hint: '请写成 有:附件 或 has:attachment。' },
  'this field knows mail conversations only, each by its id': { what: '这个字段只能找邮件对话，要写出它的标识。', hint: '请写成 in:thread:ID 或 thread:ID，ID 是其中一封邮件的 Message-ID。' },
  'there is no type of this name': { what: '没有这个名称的类型。', hint: '类型有：笔记、文本、网页、邮件、pdf、表格、文档、幻灯片、图片。' },
  'there is no word to search for': { what: '没有可以搜索的字词。', hint: '请输入至少一个字词。' },
  'a query has at most 4000 characters': { what: '一次搜索最多 4,000 个字符。', hint: '请用较少的字；长文请放进会建立索引的文档。' },
  'a query has at most 256 clauses': { what: '一次搜索最多 256 个条件。', hint: '请一次少写一些；单纯的字词合起来只算一个。' },
  'there are more than 16 parentheses in one another': { what: '括号嵌套超过 16 层。', hint: '请少用几层括号。' },
  'this quote is not closed': { what: '这个引号没有关上。', hint: '请补上另一半，或去掉它。' },
  'there is no word between these quotes': { what: '引号之间没有字词。', hint: '请写一个，或去掉引号。' },
  'this parenthesis is not closed': { what: '这个括号没有关上。', hint: '请补上另一半，或去掉它。' },
  'this parenthesis closes nothing': { what: '这个括号前面没有对应的另一半。', hint: '请去掉它，或在前面补上。' },
  'there is nothing between these parentheses': { what: '括号之间没有内容。', hint: '请写一个字词，或去掉括号。' },
  'this operator lacks a word beside it': { what: '这个运算词旁边少了一个字词。', hint: '请补上；要寻找这个英文词本身，请用小写。' },
  'NEAR stands between words and phrases only': { what: 'NEAR 只能放在字词或引号里的词句之间。', hint: '例如 绿茶 NEAR/5 "70 °C"；要寻找这个英文词本身，请用小写。' },
  'the distance of NEAR is 100 words at most': { what: 'NEAR 的距离最多 100 个字词。', hint: '请写小一点的数字，例如 NEAR/10。' },
  'this is not a date': { what: '这不是日期。', hint: forms },
  'there is no such month': { what: '没有这个月份。', hint: '日期按年、月、日的顺序，例如 2024-03-05；月份是 1 到 12。' },
  'there is no such quarter': { what: '没有这个季度。', hint: '一年有第 1 到第 4 季度。' },
  'there is no such year': { what: '没有这一年。', hint: '请写四位数的年份（2024）；1 到 199 会被当作民国年。' },
  'this month has no such day': { what: '这个月没有这一天。', hint: forms },
  'this date lies outside the calendar': { what: '这个日期超出历法的范围。', hint: '年份从 1000 到 9998。' },
  'this range of dates ends before it begins': { what: '这段日期的结束早于开始。', hint: '请把较早的日期写在前面。' },
  'a date does not stand in parentheses': { what: '日期不能放在括号里。', hint: '请写成 date:2023 OR date:2024，或 date:2023..2024 这样的范围。' },
}
