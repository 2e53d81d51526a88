using System.Text.Json;

namespace Holdfast.Admin;

/// <summary>What asking a running gateway for its status came to.</summary>
internal abstract record StatusAnswer
{
    private StatusAnswer()
    {
    }

    public sealed record Running(StatusDocument Status, string Json) : StatusAnswer;

    /// <param name="Why">What is there instead of a gateway; a sentence for people.</param>
    public sealed record NotRunning(string Why) : StatusAnswer;
}

/// <summary>Asks the gateway of a home folder for its status, over its admin socket.</summary>
internal static class StatusClient
{
    public static async Task<StatusAnswer> AskAsync(string home, CancellationToken cancellationToken)
    {
        var path = AdminSocketFile.PathIn(home);
        if (AdminSocketFile.WhyNobody(path) is { } why)
        {
            return new StatusAnswer.NotRunning(why);
        }

        try
        {
            var json = await GetAsync(path, cancellationToken);
            return JsonSerializer.Deserialize(json, StatusJson.Default.StatusDocument) is { } status
                ? new StatusAnswer.Running(status, json)
                : new StatusAnswer.NotRunning($"what answers at {path} is no gateway.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException)
        {
            return new StatusAnswer.NotRunning(AdminSocketFile.WhyFailed(path, e));
        }
    }

    private static async Task<string> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var http = AdminSocketFile.ClientOf(path, TimeSpan.FromSeconds(5));
        return await http.GetStringAsync(new Uri("http://localhost/status"), cancellationToken);
    }
}
