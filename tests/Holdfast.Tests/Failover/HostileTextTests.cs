using System.Buffers;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using Holdfast.Answers;
using Holdfast.Failover;
using Holdfast.Observability;
using Holdfast.Tests.Wire;
using Holdfast.Upstreams;

namespace Holdfast.Tests.Failover;

/// <summary>Whatever an upstream writes, and however much of it: it is judged, what is looked at stays short, and nothing of it is
/// an exception of ours. That no expression backtracks over it is <see cref="Architecture.ExpressionTests"/>'s.</summary>
public sealed class HostileTextTests
{
    private const int LongestText = 64 * 1024;

    /// <summary>The words that the readers of texts look for, and what may stand between them.</summary>
    private static readonly string[] Pieces =
    [
        "http error ", "error: status: ", "http: error: ", "error ", "error code: ", "api error: ", "status code=", "HTTP/1.1 ",
        "request failed with ", "unexpected status ", "[", "(", "503", "5", "5٠٣", "٤٢٩", "429 ", "1015 ", "a.", "java.io.", "TypeError: ",
        "Error:", "uncaught ", "caused by: ", "\\w", "_", "é", "try again in 1s ", "retry after ", "retry-after: ", "wait ", "wait for at least ",
        "about ", "12.5", "12.", "00:12:34", "99:99:99", "1m2.5s", "1 hour and ", "999999999999", "٣ seconds", "seconds", ", ", "and ",
        "model ", "model a.b ", "not found ", "does not exist ", "session x y ", "proxy 407 ", "insufficient _balance ", "daily / weekly limit ",
        "stream error: cancel ", "thinking signature invalid ", "finish_reason: ", "\"status\" : \"internal\"", "413 too large ",
        "<title", "<title>", "</title>", "<h1 ", ">", "<", "</", "<!doctype html", "<html>", "&lt;", "&#55357;",
        "{\"error\":", "{\"message\":\"", "\"}", "{", "}", "[{", "\":", "\"", "'", "\\", "\\u", "\\ud83d", "{\"retry_after\":\"", "null,",
        "://", "https://u:p@h/?k=v ", "@", "?", "authorization: Bearer ", "api_key=", "sk-", "eyJ", ".", ":", "=", "-", "## ", "\n## ",
        " ", "        ", "\t", "\r\n", "\0", "\uFEFF", "\uD83D", "😀", "a", "9", "x",
    ];

    private static readonly int[] Sizes = [1, 300, Excerpt.Longest - 1, Excerpt.Longest + 1, LongestText];

    /// <summary>Each piece over and over, with and without an end of its own.</summary>
    private static IEnumerable<string> Repeated =>
        from piece in Pieces
        from size in Sizes
        from end in (string[])["", "x", " 503 x"]
        select string.Concat(Enumerable.Repeat(piece, size / piece.Length)) + end;

    [Fact]
    public void Every_piece_over_and_over_gets_a_verdict() => Assert.All(Repeated, IsJudged);

    [Fact]
    public void Any_mixture_gets_a_verdict() =>
        (from size in Gen.Choose(1, LongestText)
         from few in Gen.ListOf(Gen.Elements(Pieces), 5)
         select string.Concat(Enumerable.Repeat(string.Concat(few), (size / Math.Max(1, few.Sum(piece => piece.Length))) + 1)))
        .HoldsFor(IsJudged);

    [Fact]
    public void Any_sentence_gets_a_verdict() =>
        (from pieces in Gen.ListOf(Gen.Elements(Pieces))
         select string.Concat(pieces))
        .HoldsFor(IsJudged);

    [Fact]
    public void A_failure_keeps_no_half_character_at_its_end()
    {
        var text = new string('a', Excerpt.Longest - 1) + "😀 and on";

        var failure = new Failure { Message = text, Details = [text] };

        Assert.Equal(text[..(Excerpt.Longest - 1)], failure.Message);
        Assert.Equal([failure.Message], failure.Details);
    }

    private static void IsJudged(string text)
    {
        var document = $$$"""{"error":{"message":{{{JsonSerializer.Serialize(text)}}},"code":"x"}}""";
        foreach (var said in (Failure[])
            [
                new() { Message = text, Now = DateTimeOffset.UnixEpoch },
                new() { Status = 503, Message = document, Details = [text, text], Code = text, Type = text, Upstream = text },
            ])
        {
            Assert.True(said.Message.Length <= Excerpt.Longest);
            Assert.All(FailureReader.Read(said).Texts, read => Assert.True(read.Length <= Excerpt.Longest));
            Assert.NotNull(ErrorClassifier.Default.Classify(said));
        }

        // What else reads it: the title of a page, the words of an exception, a line of the log.
        Assert.True(HtmlPage.TitleOf(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text))).Length <= 204);
        Assert.True(UpstreamFailure.From(new IOException(text), new ConnectionTrace()).Detail.Length <= 500);
        Assert.NotNull(Redaction.Text(text));
        Assert.NotNull(Redaction.Query("?" + text));
        _ = RetryHint.Of("retry-after", text, DateTimeOffset.UnixEpoch);
    }
}
