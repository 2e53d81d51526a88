using System.Text;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Request bodies that do not survive being parsed and written again, all of them good JSON with a model.</summary>
internal static class AdversarialBodies
{
    public static IReadOnlyList<(string Name, byte[] Body)> All { get; } =
    [
        Text("key order", """{"zeta":1,"stream":false,"model":"test","alpha":{"b":2,"a":1},"messages":[]}"""),
        Text("whitespace", "\r\n\t {  \"model\"\n:\t\"test\" ,\r\n \"messages\" : [ ] , \"x\":{ } }\n\n \t"),
        Text("duplicate keys", """{"model":"first","model":"test","a":1,"a":2,"messages":[],"messages":[{}]}"""),
        Text("escapes", """{"model":"te\u0073t","x":"\u00E9\u00e9\/\b\f\n\r\t\"\\\u0000 \ud83d\ude00 \u2028"}"""),
        Text("an escaped key", """{"mod\u0065l":"test","\u0078":1}"""),
        Text("numbers", """{"model":"test","n":[1.0,1e5,1E+05,-0,-0.0,0.10,1.7976931348623157e999,1e-400]}"""),
        Text("big integers", """{"model":"test","n":[9007199254740993,18446744073709551616,-123456789012345678901234567890]}"""),
        Text("unicode", """{"model":"test","x":"ünïcödé 日本語 🙂 é (decomposed) ﷽","日本":true}"""),
        Text("line separators", "{\"model\":\"test\",\"x\":\"a\u2028b\u2029c\u0085d\u007f\"}"),
        Text("html", """{"model":"test","x":"<script>alert('&amp;')</script>+%2F"}"""),
        Text("lone surrogates", """{"model":"test","x":"\ud800","y":"\udc00\ud800"}"""),
        Text("empty keys", """{"":"","model":"test"," ":{"":[[],{},"",null]}}"""),
        Text("unknown fields", """{"model":"test","frobnicate":true,"messages":[{"role":"oracle","content":null}]}"""),
        Text("deep", $$"""{"model":"test","x":{{new string('[', 900)}}{{new string(']', 900)}}}"""),
        Text("long", $$"""{"model":"test","x":"{{new string('é', 500_000)}}"}"""),
        ("byte order mark", [0xEF, 0xBB, 0xBF, .. """{"model":"test"}"""u8]),
        ("bytes that are no UTF-8", [.. """{"model":"test","x":"a"""u8, 0xFF, 0xC0, 0x80, .. "\"}"u8]),
    ];

    private static (string, byte[]) Text(string name, string text) => (name, Encoding.UTF8.GetBytes(text));
}
