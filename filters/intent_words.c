#include "filters/intent_words.h"

/*
 * Sources: 47 CFR 64.1200(a)(10) for the English words that always count, the keyword lists that
 * carriers and messaging providers publish, CASL and the French charter for ARRET and CONTACT.
 * Left out on purpose, as they only mean something where our last message asked for them: yes and
 * no in every language (Polish "tak" too), single letters and digits, T for the Chinese TD.
 */
const struct intent_words intent_words[] = {
    {INTENT_OPTOUT, "en",
     "stop,stop all,unsubscribe,unsub,un subscribe,cancel,end,quit,revoke,opt out,remove,stop2end,"
     "stop 2 end,stop2quit,stop 2 quit"},
    {INTENT_OPTIN, "en", "start,un stop,subscribe,opt in,resume,begin"},
    {INTENT_HELP, "en", "help,info,support"},

    {INTENT_OPTOUT, "es",
     "baja,dar de baja,darme de baja,parar,para,detener,alto,cancelar,fin,salir,terminar,no más,"
     "desuscribir,eliminar"},
    {INTENT_OPTIN, "es", "alta,iniciar"},
    {INTENT_HELP, "es", "ayuda"},

    {INTENT_OPTOUT, "fr",
     "arrêt,arrêter,arrête,arrêtez,désabonner,désabonnement,désinscrire,désinscription,annuler,"
     "quitter"},
    {INTENT_OPTIN, "fr", "début,reprendre,non arrêt"},
    {INTENT_HELP, "fr", "aide,contact"},

    {INTENT_OPTOUT, "de",
     "stopp,halt,abmelden,abbestellen,kündigen,kuendigen,austragen,beenden,ende,abbrechen,löschen,"
     "loeschen"},
    {INTENT_OPTIN, "de", "anmelden"},
    {INTENT_HELP, "de", "hilfe"},

    {INTENT_OPTOUT, "it",
     "ferma,fermati,annulla,cancella,disiscrivi,disiscrivimi,basta,fine,rimuovi"},
    {INTENT_OPTIN, "it", "inizia"},
    {INTENT_HELP, "it", "aiuto"},

    {INTENT_OPTOUT, "pt", "pare,sair,remover,descadastrar,descadastre,fim,anular"},
    {INTENT_OPTIN, "pt", "entrar"},
    {INTENT_HELP, "pt", "ajuda"},

    {INTENT_OPTOUT, "nl", "stoppen,afmelden,uitschrijven,opzeggen,einde,annuleren,af"},
    {INTENT_OPTIN, "nl", "aanmelden,aan"},
    {INTENT_HELP, "nl", "hulp"},

    {INTENT_OPTOUT, "pl", "zatrzymaj,koniec,rezygnuję,wypisz,anuluj,usuń,wyrejestruj"},
    {INTENT_HELP, "pl", "pomoc"},

    {INTENT_OPTOUT, "sv", "avsluta,avregistrera"},
    {INTENT_HELP, "sv", "hjälp"},
    {INTENT_OPTOUT, "no", "avslutt,avmeld"},
    {INTENT_HELP, "no", "hjelp"},
    {INTENT_OPTOUT, "da", "afmeld"},
    {INTENT_HELP, "da", "hjælp"},

    {INTENT_OPTOUT, "fi", "lopeta,peru,seis"},
    {INTENT_OPTIN, "fi", "aloita"},
    {INTENT_HELP, "fi", "apua"},
    {INTENT_OPTOUT, "cs", "konec,zrušit,odhlásit"},
    {INTENT_OPTOUT, "hu", "leiratkozás,vége"},
    {INTENT_HELP, "hu", "segítség"},
    {INTENT_OPTOUT, "ro", "dezabonare,oprește"},
    {INTENT_HELP, "ro", "ajutor"},

    {INTENT_OPTOUT, "tr", "ret,iptal,dur,çık"},
    {INTENT_OPTIN, "tr", "başla"},
    {INTENT_HELP, "tr", "yardım"},

    {INTENT_OPTOUT, "ru", "стоп,остановить,отписаться,отписка,отмена,хватит"},
    {INTENT_OPTIN, "ru", "старт"},
    {INTENT_HELP, "ru", "помощь"},
    {INTENT_OPTOUT, "uk", "відписатися"},
    {INTENT_HELP, "uk", "допомога"},
    {INTENT_OPTOUT, "bg", "спри"},

    {INTENT_OPTOUT, "el", "στοπ,διαγραφή,τέλος"},
    {INTENT_OPTIN, "el", "έναρξη"},
    {INTENT_HELP, "el", "βοήθεια"},

    {INTENT_OPTOUT, "ar", "توقف,إيقاف,إلغاء,قف,إلغاء الاشتراك"},
    {INTENT_OPTIN, "ar", "ابدأ"},
    {INTENT_HELP, "ar", "مساعدة"},
    {INTENT_OPTOUT, "fa", "لغو"},
    {INTENT_OPTOUT, "he", "הסר,הסרה,עצור,בטל,הסירו"},
    {INTENT_OPTIN, "he", "התחל"},
    {INTENT_HELP, "he", "עזרה"},

    {INTENT_OPTOUT, "zh", "停止,退订,退訂,取消,TD"},
    {INTENT_OPTIN, "zh", "订阅,恢复"},
    {INTENT_HELP, "zh", "帮助"},
    {INTENT_OPTOUT, "ja", "配信停止,解除,退会,ストップ"},
    {INTENT_OPTIN, "ja", "開始,再開"},
    {INTENT_HELP, "ja", "ヘルプ"},
    {INTENT_OPTOUT, "ko", "중지,수신거부,정지,거부"},
    {INTENT_OPTIN, "ko", "시작"},
    {INTENT_HELP, "ko", "도움말"},

    {INTENT_OPTOUT, "hi", "रोकें,बंद"},
    {INTENT_OPTOUT, "th", "หยุด,ยกเลิก"},
    {INTENT_OPTOUT, "vi", "hủy,dừng,từ chối,tc"},
    {INTENT_OPTOUT, "id", "berhenti,batal,henti"},
};

const unsigned intent_words_count = sizeof(intent_words) / sizeof(intent_words[0]);
