using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModelService.Models.Storage;

namespace ModelService.Api.Tests.Support;

/// <summary>
/// Holds a server's store before it writes a version, and before it opens the weights of one. So a test can look at a
/// server that is building or loading a model.
/// </summary>
internal sealed class HeldStore
{
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int count;

    /// <summary>Completes when the first version is built but not stored, or is about to be loaded.</summary>
    public Task Asked => asked.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>How many versions are, or were, held.</summary>
    public int Count => count;

    /// <summary>Lets them go on, for good.</summary>
    public void GoOn() => goesOn.TrySetResult();

    /// <summary>Has a server use a store that is held.</summary>
    public void Configure(IServiceCollection services) => HeldStoreProxy.Configure(services, Wait);

    private void Wait()
    {
        Interlocked.Increment(ref count);
        asked.TrySetResult();
        goesOn.Task.GetAwaiter().GetResult();
    }
}

/// <summary>A store whose slow methods wait, or fail, first; <see cref="DispatchProxy"/> derives the rest.</summary>
public class HeldStoreProxy : DispatchProxy
{
    private IModelStore store = null!;
    private Action wait = null!;

    /// <summary>Has a server use a store that calls something before each of its slow methods.</summary>
    internal static void Configure(IServiceCollection services, Action before)
    {
        var registered = services.Single(service => service.ServiceType == typeof(IModelStore));
        services.Replace(
            ServiceDescriptor.Singleton(provider =>
                Create((IModelStore)registered.ImplementationFactory!(provider), before)
            )
        );
    }

    private static IModelStore Create(IModelStore store, Action wait)
    {
        var proxy = Create<IModelStore, HeldStoreProxy>();
        (((HeldStoreProxy)proxy).store, ((HeldStoreProxy)proxy).wait) = (store, wait);
        return proxy;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name is nameof(IModelStore.PutVersionAsync) or nameof(IModelStore.OpenWeightsAsync))
            wait();
        return targetMethod.Invoke(store, args);
    }
}
