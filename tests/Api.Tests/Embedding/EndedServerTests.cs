using System.Runtime.CompilerServices;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Embedding;

/// <summary>
/// A server that has ended is garbage. Programs that start many of them, such as the tests of one that the service is
/// embedded in, would otherwise fill the memory: 200 MB for each.
/// </summary>
public sealed class EndedServerTests
{
    [Fact]
    public async Task Dispose_Servers_LeavesNone()
    {
        List<WeakReference> ended = [];
        for (var i = 0; i < 4; i++)
            ended.Add(await ServeAndEndAsync());

        // The first server of a process stays: the image library and OpenTelemetry start timers of their own in it.
        await WaitUntilAsync(() => ended.Count(server => server.IsAlive) <= 1);
    }

    // In a method of its own, since the compiler may keep what a method holds until it ends.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> ServeAndEndAsync()
    {
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Networks.Tiny("ended"));
        (await server.Api.PredictAsync("ended", Networks.InputJson())).Ok();
        Assert.Contains("modelservice_ready", (await server.Api.GetAsync("/metrics")).Text, StringComparison.Ordinal);
        return new WeakReference(server.Services);
    }

    private static async Task WaitUntilAsync(Func<bool> isTrue)
    {
        for (var i = 0; i < 50 && !isTrue(); i++)
        {
#pragma warning disable RS0030 // what is tested is that a collection finds it
            GC.Collect();
            GC.WaitForPendingFinalizers();
#pragma warning restore RS0030
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.True(isTrue());
    }
}
