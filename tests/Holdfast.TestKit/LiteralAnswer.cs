using System.Globalization;
using System.Text;
using Holdfast.Simulator.Answers;

namespace Holdfast.TestKit;

/// <summary>Answers of an upstream written out to the byte, where the simulator's own words do not reach: bodies that
/// are no text, unusual statuses and headers. The connection ends with the answer.</summary>
public static class LiteralAnswer
{
    /// <summary>A whole answer with its length.</summary>
    /// <param name="status">The status.</param>
    /// <param name="body">The body.</param>
    /// <param name="headers">Header lines as <c>name: value</c>; nothing but the framing is added.</param>
    public static Answer Of(int status, byte[] body, params ReadOnlySpan<string> headers)
    {
        var head = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Literal\r\n")
            .Append(CultureInfo.InvariantCulture, $"content-length: {body.Length}\r\nconnection: close\r\n");
        foreach (var header in headers)
        {
            head.Append(header).Append("\r\n");
        }

        return Answer.Raw([.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. body]);
    }
}
