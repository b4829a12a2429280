using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ModelService.Api.Tests.Support;

/// <summary>
/// A clock that stops the registry, which asks for the time once it has built a model. So a test can look at a server
/// that is building one.
/// </summary>
internal sealed class StoppedClock : TimeProvider
{
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when a model is built but for the time.</summary>
    public Task Asked => asked.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>Lets it go on, for good.</summary>
    public void GoOn() => goesOn.TrySetResult();

    public override DateTimeOffset GetUtcNow()
    {
        // The web server asks for the time, too; but only models are built on a scheduler of their own.
        if (TaskScheduler.Current == TaskScheduler.Default)
            return base.GetUtcNow();
        asked.TrySetResult();
        goesOn.Task.GetAwaiter().GetResult();
        return base.GetUtcNow();
    }
}

internal static class StoppedClockServices
{
    /// <summary>Has the server use the clock.</summary>
    public static void Use(this IServiceCollection services, TimeProvider clock) =>
        services.Replace(ServiceDescriptor.Singleton(clock));
}
