using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace ModelService.Api.Tests.Support;

/// <summary>
/// Tells when a request has come in, before its body is read, and when the server has noticed that a client left. Add
/// it to the server's services to use it.
/// </summary>
internal sealed class Arrivals(string path) : IStartupFilter
{
    private readonly TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when there has been a request for the path.</summary>
    public Task Arrived => arrived.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>Done when a client has left whose request was for the path.</summary>
    public Task Left => left.Task.WaitAsync(TestContext.Current.CancellationToken);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(following =>
                context =>
                {
                    if (context.Request.Path != path)
                        return following(context);

                    // Registered first, told last: by then, everyone else knows.
                    context.RequestAborted.Register(() => left.TrySetResult());
                    arrived.TrySetResult();
                    return following(context);
                }
            );
            next(app);
        };
}
