"""Given names for people of the demo who claimed accounts and have no story of their own."""

_NAMES = (
    "sara soledad tove latifa jamila freya jin hamid faisal natalia ludmila fatou akira oscar petra parisa hiroko "
    "chiara joao thabo josefa lina pavel kaveh goran sana kenji catarina feng florin jana ismail karin beatriz anders "
    "aino sefa rania kalinda temwa alejandra rustam naledi ursula azadeh gunnar ilse fernanda aiko darius cosmin "
    "chidi emilia bogdan jomo kwame musa ewa yuki farah leila priya xiomara abeba irina bongani teresa nadia achieng "
    "paolo georgios salma tuan ibrahim makena benedikt pedro selin ebele haruto hassan eileen theo camila finn dmitri "
    "sofia javier malik ivana manuel dilnoza sunita paloma tatiana bao kofi naomi vera renata arne dalia enrique "
    "adaeze daisuke omar diego imani saanvi stavros jorge luz ravi zeynep chanda leon wanjiru aleksi pham helga "
    "valentina erin samir lars sanjay nils alma nikola oksana ida xavier noor araceli amina marisol linh zainab milan "
    "chloe sabine mahmoud rosa yara gabor keiko huda luca mamadou nasrin silvia arjun esteban rafael evangelos giulia "
    "indira khadija shirin lakshmi habiba kaito mara lucia dorota nkechi simone svetlana anjali marta wei isabel "
    "defne olga rocio monika babak daniela pilar mercy gulnara miriam birgit mariam carmen tomasz galina brigid mei "
    "amit elodie yasmin yusuf sipho mohan tariq viktor nuno obinna emeka bjarne mikael anika jun mateo astrid "
    "esperanza antonio juma kamal asha amadou eduardo lukas anh moses ingrid ayodele marek uma anwar ana pablo jelena "
    "cem hana"
)
GIVEN_NAMES = tuple(_NAMES.split())
"""As many as the demo needs by default; nobody in it is a real person."""
