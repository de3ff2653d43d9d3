// 查詢寫法有誤時，程式以英文說明；這裡是同樣的話，繁體中文。

import type { Explained } from './en'

const forms = '可以寫成 2024、2024-03、2024-03-05、2024-03..2024-05、march 2024、last week、上週 或 民國113年3月；日期後面空一格。'

export const chineseFaults: Record<string, Explained> = {
  'there is no field of this name': { what: '沒有這個名稱的欄位。', hint: '要照字面尋找的文字，請加上引號。' },
  'this field has no value': { what: '這個欄位沒有內容。', hint: '請緊接在冒號後面寫，中間不要空格。' },
  'a field holds words and phrases, no other field and no NEAR': { what: '欄位裡只能放字詞和引號裡的詞句，不能放別的欄位或 NEAR。', hint: '請寫在欄位旁邊，不要寫在裡面。' },
  'there is no word to look for in this field': { what: '這個欄位裡沒有可以搜尋的字詞。', hint: '請在冒號後面寫一個。' },
  'this is not a language': { what: '沒有這個語言。', hint: '請寫成 語言：中文、lang:zh-Hant 或 lang:en。' },
  'a space is named in full': { what: '空間要寫出完整的名稱。', hint: '資料庫頁列有所有的空間。' },
  'a folder is named in full': { what: '資料夾要寫出完整的名稱。', hint: '資料庫頁列有所有的資料夾。' },
  'this field knows attachments only': { what: '這個欄位只能找附件。', hint: '請寫成 有:附件 或 has:attachment。' },
  'this field knows mail conversations only, each by its id': { what: '這個欄位只能找郵件對話，要寫出它的識別碼。', hint: '請寫成 in:thread:ID 或 thread:ID，ID 是其中一封郵件的 Message-ID。' },
  'there is no type of this name': { what: '沒有這個名稱的類型。', hint: '類型有：筆記、文字、網頁、郵件、pdf、表格、文件、簡報、圖片。' },
  'there is no word to search for': { what: '沒有可以搜尋的字詞。', hint: '請輸入至少一個字詞。' },
  'a query has at most 4000 characters': { what: '一次搜尋最多 4,000 個字元。', hint: '請用較少的字；長文請放進會建立索引的文件。' },
  'a query has at most 256 clauses': { what: '一次搜尋最多 256 個條件。', hint: '請一次少寫一些；單純的字詞合起來只算一個。' },
  'there are more than 16 parentheses in one another': { what: '括號套疊超過 16 層。', hint: '請少用幾層括號。' },
  'this quote is not closed': { what: '這個引號沒有關上。', hint: '請補上另一半，或拿掉它。' },
  'there is no word between these quotes': { what: '引號之間沒有字詞。', hint: '請寫一個，或拿掉引號。' },
  'this parenthesis is not closed': { what: '這個括號沒有關上。', hint: '請補上另一半，或拿掉它。' },
  'this parenthesis closes nothing': { what: '這個括號前面沒有對應的另一半。', hint: '請拿掉它，或在前面補上。' },
  'there is nothing between these parentheses': { what: '括號之間沒有內容。', hint: '請寫一個字詞，或拿掉括號。' },
  'this operator lacks a word beside it': { what: '這個運算詞旁邊少了一個字詞。', hint: '請補上；要尋找這個英文字本身，請用小寫。' },
  'NEAR stands between words and phrases only': { what: 'NEAR 只能放在字詞或引號裡的詞句之間。', hint: '例如 綠茶 NEAR/5 "70 °C"；要尋找這個英文字本身，請用小寫。' },
  'the distance of NEAR is 100 words at most': { what: 'NEAR 的距離最多 100 個字詞。', hint: '請寫小一點的數字，例如 NEAR/10。' },
  'this is not a date': { what: '這不是日期。', hint: forms },
  'there is no such month': { what: '沒有這個月份。', hint: '日期依年、月、日的順序，例如 2024-03-05；月份是 1 到 12。' },
  'there is no such quarter': { what: '沒有這一季。', hint: '一年有第 1 季到第 4 季。' },
  'there is no such year': { what: '沒有這一年。', hint: '請寫四位數的年份（2024），或從 1 開始的民國年（民國113年、113）。' },
  'this month has no such day': { what: '這個月沒有這一天。', hint: forms },
  'this date lies outside the calendar': { what: '這個日期超出曆法的範圍。', hint: '年份從 1000 到 9998。' },
  'this range of dates ends before it begins': { what: '這段日期的結束早於開始。', hint: '請把較早的日期寫在前面。' },
  'a date does not stand in parentheses': { what: '日期不能放在括號裡。', hint: '請寫成 date:2023 OR date:2024，或 date:2023..2024 這樣的範圍。' },
}
