using Microsoft.AspNetCore.Http;
using SseKit.Tests.Architecture.Fixture.Upper;

namespace SseKit.Tests.Architecture.Fixture.Lower;

/// <summary>A method for each way in which code can reference other code.</summary>
internal abstract class ReferencesByCode
{
    public abstract void Signature(UpperKind kind);

    public int Call() => UpperType.Count;

    public object Construction() => new UpperType();

    public object TypeOf() => typeof(UpperType);

    public object GenericArgument() => Array.Empty<UpperKind>();

    public Func<object> Lambda() => () => new UpperType();

    public object LocalFunction()
    {
        return Local();

        static object Local() => new UpperType();
    }

    public async Task AsyncAsync()
    {
        await Task.Yield();
        UpperType.Count++;
    }

    public IEnumerable<object> Iterator()
    {
        yield return new UpperType();
    }

    public void Catch()
    {
        try
        {
            Innocent();
        }
        catch (UpperType)
        {
        }
    }

    public object? Cast(object value) => value as UpperType;

    public void Web(HttpContext context) => context.Abort();

    public object Innocent() => new Split().LowerPart();

    public int Switch(int value) => value switch
    {
        0 => 10,
        1 => 21,
        2 => 32,
        3 => 43,
        _ => UpperType.Count,
    };
}
