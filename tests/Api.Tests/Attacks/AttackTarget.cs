using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>
/// Two servers in processes of their own, one for HTTP/1.1 and one for HTTP/2. Tells the fate of each request, and
/// remembers the bugs.
/// </summary>
public sealed partial class AttackTarget : IAsyncLifetime
{
    private const int MostBugs = 20,
        LinesOfABug = 8;

    // A request is answered with 504 long before.
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestCleanUp = TimeSpan.FromSeconds(20);

    private static readonly string[] Settings =
    [
        "ModelService:Limits:RequestTimeout=00:00:20",
        "ModelService:Limits:UploadTimeout=00:00:20",
        "ModelService:Limits:MaxParameters=1000000",
        "ModelService:Limits:MaxActivationBytes=16777216",
        "ModelService:Limits:MaxWeightsBytes=16777216",
        "Serilog:MinimumLevel:Default=Error",
        "Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime=Information",
    ];

    private readonly AttackedServer server = new() { Settings = Settings };
    private readonly AttackedServer second = new() { Settings = Settings, Version = HttpVersion.Version20 };
    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 16 });
    private readonly ConcurrentQueue<string> bugs = new();
    private readonly ConcurrentDictionary<string, Lazy<Task>> kept = new();

    /// <summary>The server of HTTP/2.</summary>
    internal AttackedServer Http2 => second;

    /// <summary>The address of the server of HTTP/1.1.</summary>
    internal Uri Address => server.Address;

    /// <summary>Speaks to the server of HTTP/1.1 as a well-behaved client.</summary>
    internal ApiClient Api => server.With("manage");

    /// <summary>Whether a server has crashed.</summary>
    internal bool Crashed => server.HasExited || second.HasExited;

    /// <summary>The bugs in the servers' logs, each with the beginning of its exception.</summary>
    internal IReadOnlyList<string> LoggedBugs => [.. BugsIn(server.Output), .. BugsIn(second.Output)];

    /// <summary>The first bugs and hangs of an attack, and the last words of a server that has crashed.</summary>
    internal string Report =>
        string.Join('\n', [.. bugs, .. Crashed ? server.Errors.Concat(second.Errors).TakeLast(MostBugs) : []]);

    public async ValueTask InitializeAsync()
    {
        http.Timeout = Timeout.InfiniteTimeSpan;
        await Task.WhenAll(server.InitializeAsync().AsTask(), second.InitializeAsync().AsTask());
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await server.DisposeAsync();
        await second.DisposeAsync();
    }

    /// <summary>Creates a model that attacks share, unless it is there.</summary>
    internal Task EnsureAsync(string name, string architecture) =>
        kept.GetOrAdd(name, _ => new Lazy<Task>(() => Api.EnsureAsync(Networks.Model(name, architecture)))).Value;

    /// <summary>Sends a request.</summary>
    /// <returns>Its fate, and the answer's status; 0 when there is none.</returns>
    internal async Task<(Fate Fate, int Status)> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? body,
        string key = "manage"
    )
    {
        var uri = new Uri(server.Address, path);
        using var request = new HttpRequestMessage(method, uri) { Content = body };
        request.Headers.Add("X-API-Key", key);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(LongestAnswer);
        try
        {
            using var response = await http.SendAsync(request, patience.Token);
            var (status, text) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync(patience.Token));
            var bug = Bug(method, uri, status, text);
            if (bug is not null)
                Remember($"{method} {path}: {bug}");
            return (bug is null ? FateOf(status) : Fate.Bug, status);
        }
        catch (HttpRequestException)
        {
            return (Fate.Closed, 0);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Remember($"{method} {path}: no answer within {LongestAnswer}");
            return (Fate.Hang, 0);
        }
    }

    /// <summary>Sends bytes over a connection of their own, and nothing after them.</summary>
    internal async Task<Fate> SendRawAsync(byte[] bytes)
    {
        var answer = await ExchangeAsync(server.Address, bytes);
        if (answer is null)
            return Fate.Hang;
        var statuses = StatusLine()
            .Matches(answer)
            .Select(match => int.Parse(match.Groups["status"].Value, CultureInfo.InvariantCulture))
            .Where(status => status >= 200)
            .ToList();
        if (statuses.Exists(status => FateOf(status) == Fate.Bug))
        {
            Remember($"raw bytes: {answer}");
            return Fate.Bug;
        }

        return statuses.Count == 0 ? Fate.Closed : FateOf(statuses[^1]);
    }

    /// <summary>Sends bytes to the server of HTTP/2, over a connection of their own, and nothing after them.</summary>
    internal async Task<Fate> SendFramesAsync(byte[] bytes)
    {
        // The answer is binary: what counts is that there is an end, and that the server goes on.
        var answer = await ExchangeAsync(second.Address, bytes);
        return answer is null ? Fate.Hang : Fate.Closed;
    }

    /// <summary>Remembers a bug for the report.</summary>
    internal void Remember(string bug)
    {
        if (bugs.Count < MostBugs)
            bugs.Enqueue(bug.Length > 1000 ? bug[..1000] : bug);
    }

    /// <summary>Waits until nothing is left of the attack, and counts what stays.</summary>
    internal async Task<int> CountFilesLeftAsync()
    {
        var time = Stopwatch.StartNew();
        string[] left;
        do
        {
            left = [.. FilesOf(server), .. FilesOf(second)];
            if (left.Length > 0)
                await Task.Delay(100, TestContext.Current.CancellationToken);
        } while (left.Length > 0 && time.Elapsed < LongestCleanUp);
        Array.ForEach(left, file => Remember($"left: {file}"));
        return left.Length;
    }

    /// <summary>Deletes the models of an attack, also those whose names it damaged.</summary>
    internal async Task RemovePassingModelsAsync()
    {
        var models = (await Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray();
        foreach (var name in models.Select(model => model.GetProperty("name").GetString()!))
        {
            // A model may still be built, if its client has not waited for it.
            if (!name.EndsWith("kept", StringComparison.Ordinal))
            {
                await Eventually.GetAsync(
                    async () => (await Api.DeleteAsync($"/v1/models/{name}")).Status,
                    status => status is 200 or 404
                );
            }
        }
    }

    /// <summary>Asks both servers for a prediction.</summary>
    internal async Task AssertTheyServeAsync()
    {
        await server.AssertItServesAsync();
        await second.AssertItServesAsync();
    }

    /// <summary>Forgets the bugs of another attack.</summary>
    internal void Forget() => bugs.Clear();

    private async Task<string?> ExchangeAsync(Uri address, byte[] bytes)
    {
        using var connection = await RawConnection.OpenAsync(address);
        var answer = connection.ReadToEndAsync();

        // The server may have enough of it before the end.
        await Record.ExceptionAsync(() => connection.SendAsync(bytes));

        // Kestrel gives up a request when its client sends no more, so the client waits for an answer first.
        await Task.WhenAny(answer, Task.Delay(Patience, TestContext.Current.CancellationToken));
        connection.SendNoMore();
        if (await Task.WhenAny(answer, Task.Delay(LongestAnswer, TestContext.Current.CancellationToken)) == answer)
            return await answer;
        Remember($"no end within {LongestAnswer} after {Convert.ToBase64String(bytes)}");
        return null;
    }

    private static string? Bug(HttpMethod method, Uri uri, int status, string text)
    {
        if (FateOf(status) == Fate.Bug)
            return $"{status} {text}";
        try
        {
            DocumentedErrors.Check(method, uri, status, text);
            return null;
        }
        catch (Exception exception)
        {
            return $"{status} {text} {exception.Message}";
        }
    }

    private static Fate FateOf(int status) =>
        status switch
        {
            < 400 => Fate.Taken,
            429 or 503 or 504 => Fate.Later,
            < 500 => Fate.Refused,

            // A method that Kestrel does not know, and a version of HTTP that it does not speak.
            501 or 505 => Fate.Refused,
            _ => Fate.Bug,
        };

    private static IEnumerable<string> BugsIn(IReadOnlyCollection<string> log) =>
        log.Index()
            .Where(static line => LoggedBug().IsMatch(line.Item))
            .Select(line => string.Join('\n', log.Skip(line.Index).Take(LinesOfABug)));

    private static IEnumerable<string> FilesOf(AttackedServer server)
    {
        foreach (var folder in (string[])[server.Staging, Path.Combine(server.Data, ".staging")])
        {
            if (Directory.Exists(folder))
            {
                foreach (var entry in Directory.EnumerateFileSystemEntries(folder))
                    yield return entry;
            }
        }

        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(server.Data, "models")))
        {
            if (Path.GetFileName(folder).StartsWith(AttackKind.Passing, StringComparison.Ordinal))
                yield return folder;
        }
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d (ERR|FTL) (Unexpected|.*unhandled)", RegexOptions.IgnoreCase)]
    private static partial Regex LoggedBug();

    [GeneratedRegex(@"^HTTP/1\.[01] (?<status>\d{3})", RegexOptions.Multiline)]
    private static partial Regex StatusLine();
}
