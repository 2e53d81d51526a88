using System.Text;

namespace Holdfast.EndToEnd.Http;

/// <summary>.NET's own HttpClient, as its SDKs use it.</summary>
internal static class DotNetHttp
{
    public static async Task<IReadOnlyList<HttpResult>> SendAsync(
        IReadOnlyList<HttpTurn> turns, SocketsHttpHandler? handler = null, Version? version = null)
    {
        using var http = new HttpClient(handler ?? new SocketsHttpHandler()) { Timeout = TimeSpan.FromMinutes(2) };
        http.DefaultRequestVersion = version ?? http.DefaultRequestVersion;
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        // HttpClient by itself says nothing; SDKs on it name the runtime like this.
        http.DefaultRequestHeaders.UserAgent.ParseAdd("EndToEnd/1.0 (.NET 10.0; linux)");
        return await Task.WhenAll(turns.Select(turn => SendAsync(http, turn)));
    }

    private static async Task<HttpResult> SendAsync(HttpClient http, HttpTurn turn)
    {
        var body = new StringBuilder();
        var (status, headers) = (0, new Dictionary<string, string>());
        try
        {
            using var content = new StringContent(turn.Body, Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, turn.Url)
            {
                Content = content,
                Version = http.DefaultRequestVersion,
                VersionPolicy = http.DefaultVersionPolicy,
            };
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            status = (int)answer.StatusCode;
            headers = answer.Headers.Concat(answer.Content.Headers)
                .ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value));
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(), Encoding.UTF8);
            var buffer = new char[4096];
            while (await reader.ReadAsync(buffer) is var read and > 0)
            {
                body.Append(buffer, 0, read);
            }

            return new(status, headers, body.ToString(), null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return new(status, headers, body.ToString(), e.ToString());
        }
    }
}
