using System.Collections.Concurrent;
using System.Threading.Channels;
using Serilog.Core;
using Serilog.Events;

namespace ModelService.Api.Tests.Support;

/// <summary>Keeps what the server logs. Put it into the server's services to use it.</summary>
internal sealed class LogSink : ILogEventSink
{
    private readonly ConcurrentQueue<LogEvent> events = new();
    private readonly Channel<LogEvent> requests = Channel.CreateUnbounded<LogEvent>();

    /// <summary>All of it so far.</summary>
    public IReadOnlyCollection<LogEvent> Events => events;

    /// <summary>The line of the next request that is over, which may be after its answer came.</summary>
    /// <param name="isWanted">Which requests count; the lines of others before it are passed over.</param>
    public Task<LogEvent> NextRequestAsync(Predicate<LogEvent>? isWanted = null) =>
        Eventually.GetAsync(
            () => requests.Reader.TryRead(out var line) ? line : null,
            line => line is not null && (isWanted is null || isWanted(line))
        )!;

    public void Emit(LogEvent logEvent)
    {
        events.Enqueue(logEvent);
        if (logEvent.Properties.ContainsKey("Elapsed"))
            requests.Writer.TryWrite(logEvent);
    }
}
